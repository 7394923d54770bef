using System.Text.Json;

namespace Krewe.EngineSim.Protocol;

/// <summary>Reads the field that the reader stands on, or says that it does not know it.</summary>
internal delegate bool JsonFieldHandler(ref Utf8JsonReader json);
