using Krewe.Core.Identity;
using Krewe.Core.Routing;
using Krewe.Fleet.Feeds;
using Krewe.Fleet.Journal;
using Krewe.Fleet.View;
using Orleans.Serialization.Cloning;

namespace Krewe.Orleans.Serialization;

[GenerateSerializer]
[Alias("krewe.fleet-event")]
internal struct FleetEventSurrogate
{
    [Id(0)]
    public PoolName Pool;

    [Id(1)]
    public InstanceName? Instance;

    [Id(2)]
    public Epoch? Epoch;

    [Id(3)]
    public string What;

    [Id(4)]
    public string From;

    [Id(5)]
    public string To;

    [Id(6)]
    public string Cause;
}

/// <summary>Number and time stay behind: each silo's journal has its own.</summary>
[RegisterConverter]
internal sealed class FleetEventConverter : IConverter<FleetEvent, FleetEventSurrogate>
{
    public FleetEvent ConvertFromSurrogate(in FleetEventSurrogate surrogate) => new()
    {
        Pool = surrogate.Pool,
        Instance = surrogate.Instance,
        Epoch = surrogate.Epoch,
        What = surrogate.What,
        From = surrogate.From,
        To = surrogate.To,
        Cause = surrogate.Cause,
    };

    public FleetEventSurrogate ConvertToSurrogate(in FleetEvent value) => new()
    {
        Pool = value.Pool,
        Instance = value.Instance,
        Epoch = value.Epoch,
        What = value.What,
        From = value.From,
        To = value.To,
        Cause = value.Cause,
    };
}

[RegisterCopier]
internal sealed class FleetEventCopier : ShallowCopier<FleetEvent>;

[GenerateSerializer]
[Alias("krewe.feed-renewal")]
internal struct FeedRenewalSurrogate
{
    [Id(0)]
    public SiloId From;

    [Id(1)]
    public bool WantsSnapshot;
}

[RegisterConverter]
internal sealed class FeedRenewalConverter : IConverter<FeedRenewal, FeedRenewalSurrogate>
{
    public FeedRenewal ConvertFromSurrogate(in FeedRenewalSurrogate surrogate) => new(surrogate.From, surrogate.WantsSnapshot);

    public FeedRenewalSurrogate ConvertToSurrogate(in FeedRenewal value) => new() { From = value.From, WantsSnapshot = value.WantsSnapshot };
}

[RegisterCopier]
internal sealed class FeedRenewalCopier : ShallowCopier<FeedRenewal>;

[GenerateSerializer]
[Alias("krewe.feed-reply")]
internal struct FeedReplySurrogate
{
    [Id(0)]
    public SiloId From;

    [Id(1)]
    public long Number;

    [Id(2)]
    public bool WasKnown;

    /// <summary>Whether a snapshot follows, in three parts.</summary>
    [Id(3)]
    public bool HasSnapshot;

    [Id(4)]
    public InstanceView[]? Instances;

    [Id(5)]
    public PoolPublication[]? Pools;

    [Id(6)]
    public PoolStanding[]? Standings;

    /// <summary>See <see cref="PrefixLessonBytes"/>; null where there are none.</summary>
    [Id(7)]
    public byte[]? Prefixes;
}

[RegisterConverter]
internal sealed class FeedReplyConverter : IConverter<FeedReply, FeedReplySurrogate>
{
    public FeedReply ConvertFromSurrogate(in FeedReplySurrogate surrogate) => new(
        surrogate.From,
        surrogate.Number,
        surrogate.WasKnown,
        surrogate.HasSnapshot ? new FleetSnapshot(surrogate.Instances ?? [], surrogate.Pools ?? [], surrogate.Standings ?? []) { Prefixes = PrefixLessonBytes.Read(surrogate.Prefixes) } : null);

    public FeedReplySurrogate ConvertToSurrogate(in FeedReply value) => new()
    {
        From = value.From,
        Number = value.Number,
        WasKnown = value.WasKnown,
        HasSnapshot = value.Snapshot is not null,
        Instances = value.Snapshot is { } snapshot ? [.. snapshot.Instances] : null,
        Pools = value.Snapshot is { } ofPools ? [.. ofPools.Pools] : null,
        Standings = value.Snapshot is { } ofStandings ? [.. ofStandings.Standings] : null,
        Prefixes = value.Snapshot is { } ofPrefixes ? PrefixLessonBytes.Write(ofPrefixes.Prefixes) : null,
    };
}

[RegisterCopier]
internal sealed class FeedReplyCopier : ShallowCopier<FeedReply>;
