using Krewe.Core.Identity;
using Krewe.Core.Routing;
using Krewe.Core.Routing.Prefix;
using Krewe.Fleet.Journal;
using Krewe.Fleet.View;

namespace Krewe.Fleet.Feeds;

/// <summary>What a silo's actors had to say since its last frame: of each instance only the newest.</summary>
public sealed record FleetFrame
{
    public required SiloId From { get; init; }

    /// <summary>From 1, without gaps.</summary>
    public required long Number { get; init; }

    /// <summary>Instances whose registration is new since the feed last told it.</summary>
    public IReadOnlyList<InstanceView> Instances { get; init; } = [];

    /// <summary>Instances of which everything but the registration is told.</summary>
    public IReadOnlyList<InstanceDelta> Deltas { get; init; } = [];

    public IReadOnlyList<PoolPublication> Pools { get; init; } = [];

    public IReadOnlyList<PoolStanding> Standings { get; init; } = [];

    public IReadOnlyList<EpochLoss> Losses { get; init; } = [];

    public IReadOnlyList<FleetEvent> Events { get; init; } = [];

    /// <summary>Prompts that this silo's requests had computed, in their order; where there were too many, the latest.</summary>
    public IReadOnlyList<PrefixLesson> Prefixes { get; init; } = [];
}
