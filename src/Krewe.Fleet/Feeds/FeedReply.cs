using Krewe.Core.Identity;

namespace Krewe.Fleet.Feeds;

/// <summary>The answer to a renewal.</summary>
/// <param name="From">Whose feed it is.</param>
/// <param name="Number">The last frame sent; a snapshot holds everything up to it.</param>
/// <param name="WasKnown">Whether the follower was known: if not, frames have passed it by.</param>
/// <param name="Snapshot">Everything that the silo knows, where it was asked for.</param>
public sealed record FeedReply(SiloId From, long Number, bool WasKnown, FleetSnapshot? Snapshot);
