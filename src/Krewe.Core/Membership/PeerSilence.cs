using Krewe.Core.Time;

namespace Krewe.Core.Membership;

/// <summary>What a silo knows of how it reaches another.</summary>
/// <param name="HeardAt">When it was last heard.</param>
/// <param name="IsClosed">Whether calls to it fail at once since then, as they do where no process listens; they wait where the network drops them.</param>
public readonly record struct PeerSilence(Monotonic HeardAt, bool IsClosed);
