using System.Text.Json;

namespace Krewe.EngineSim.Tests.Agent;

/// <summary>What an agent said.</summary>
internal sealed record ControlCall(string Method, string Path, string Authorization, JsonElement Body);
