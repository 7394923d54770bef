using Krewe.Core.Identity;
using Krewe.Core.Protocols;

namespace Krewe.Core.Requests;

/// <summary>One half of a binding: exactly one incarnation of one instance.</summary>
public sealed record InstanceBinding(InstanceId Instance, Epoch Epoch, IncarnationId Incarnation, Uri Url, EngineProtocol Protocol);
