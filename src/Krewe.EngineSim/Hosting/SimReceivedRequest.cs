namespace Krewe.EngineSim.Hosting;

/// <summary>A generation request as it reached the engine.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Headers">By lower-case name; several values joined by commas.</param>
/// <param name="Body">Its bytes.</param>
public sealed record SimReceivedRequest(string Path, IReadOnlyDictionary<string, string> Headers, ReadOnlyMemory<byte> Body);
