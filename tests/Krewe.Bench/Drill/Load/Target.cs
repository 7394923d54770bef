namespace Krewe.Bench.Drill.Load;

/// <summary>A silo that requests can be sent to.</summary>
/// <param name="Name">What the drill calls it.</param>
/// <param name="Client">Its client port.</param>
internal sealed record Target(string Name, Uri Client);
