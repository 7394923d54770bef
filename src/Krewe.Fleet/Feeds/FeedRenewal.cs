using Krewe.Core.Identity;

namespace Krewe.Fleet.Feeds;

/// <summary>A silo wants to go on following another's feed.</summary>
/// <param name="From">Who follows.</param>
/// <param name="WantsSnapshot">Whether it has missed something, or is new.</param>
public sealed record FeedRenewal(SiloId From, bool WantsSnapshot);
