using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Pools;
using Krewe.Core.Routing;
using Krewe.Core.Time;
using Krewe.Fleet.Feeds;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Journal;
using Krewe.Fleet.Storage;
using Krewe.Fleet.View;
using Orleans.Serialization.Cloning;

namespace Krewe.Orleans.Serialization;

[GenerateSerializer]
[Alias("krewe.fleet-frame")]
internal struct FleetFrameSurrogate
{
    [Id(0)]
    public SiloId From;

    [Id(1)]
    public long Number;

    [Id(2)]
    public InstanceView[] Instances;

    [Id(3)]
    public InstanceDelta[] Deltas;

    [Id(4)]
    public PoolPublication[] Pools;

    [Id(5)]
    public PoolStanding[] Standings;

    [Id(6)]
    public EpochLoss[] Losses;

    [Id(7)]
    public FleetEvent[] Events;

    /// <summary>See <see cref="PrefixLessonBytes"/>; null where there are none.</summary>
    [Id(8)]
    public byte[]? Prefixes;
}

[RegisterConverter]
internal sealed class FleetFrameConverter : IConverter<FleetFrame, FleetFrameSurrogate>
{
    public FleetFrame ConvertFromSurrogate(in FleetFrameSurrogate surrogate) => new()
    {
        From = surrogate.From,
        Number = surrogate.Number,
        Instances = surrogate.Instances ?? [],
        Deltas = surrogate.Deltas ?? [],
        Pools = surrogate.Pools ?? [],
        Standings = surrogate.Standings ?? [],
        Losses = surrogate.Losses ?? [],
        Events = surrogate.Events ?? [],
        Prefixes = PrefixLessonBytes.Read(surrogate.Prefixes),
    };

    public FleetFrameSurrogate ConvertToSurrogate(in FleetFrame value) => new()
    {
        From = value.From,
        Number = value.Number,
        Instances = [.. value.Instances],
        Deltas = [.. value.Deltas],
        Pools = [.. value.Pools],
        Standings = [.. value.Standings],
        Losses = [.. value.Losses],
        Events = [.. value.Events],
        Prefixes = PrefixLessonBytes.Write(value.Prefixes),
    };
}

[RegisterCopier]
internal sealed class FleetFrameCopier : ShallowCopier<FleetFrame>;

[GenerateSerializer]
[Alias("krewe.instance-delta")]
internal struct InstanceDeltaSurrogate
{
    [Id(0)]
    public InstanceId Id;

    [Id(1)]
    public ViewVersion Version;

    [Id(2)]
    public Liveness Liveness;

    [Id(3)]
    public AdminState Admin;

    [Id(4)]
    public BreakerState Breaker;

    [Id(5)]
    public bool Schedulable;

    [Id(6)]
    public LoadSnapshot Load;

    /// <summary>How old the report is; null where there was none.</summary>
    [Id(7)]
    public TimeSpan? ReportAge;
}

/// <summary>The time of the report crosses as its age: monotonic times of two silos do not compare.</summary>
[RegisterConverter]
internal sealed class InstanceDeltaConverter(FleetServices services) : IConverter<InstanceDelta, InstanceDeltaSurrogate>
{
    public InstanceDelta ConvertFromSurrogate(in InstanceDeltaSurrogate surrogate) => new(
        surrogate.Id,
        surrogate.Version,
        LaterRelease.Known(surrogate.Liveness),
        LaterRelease.Known(surrogate.Admin),
        LaterRelease.Known(surrogate.Breaker),
        surrogate.Schedulable,
        surrogate.Load,
        surrogate.ReportAge is { } age ? services.Time.GetMonotonic() - age : default);

    public InstanceDeltaSurrogate ConvertToSurrogate(in InstanceDelta value) => new()
    {
        Id = value.Id,
        Version = value.Version,
        Liveness = value.Liveness,
        Admin = value.Admin,
        Breaker = value.Breaker,
        Schedulable = value.Schedulable,
        Load = value.Load,
        ReportAge = value.ReportedAt == default ? null : services.Time.GetMonotonic() - value.ReportedAt,
    };
}

[RegisterCopier]
internal sealed class InstanceDeltaCopier : ShallowCopier<InstanceDelta>;

[GenerateSerializer]
[Alias("krewe.pool-publication")]
internal struct PoolPublicationSurrogate
{
    [Id(0)]
    public PoolDefinition Definition;

    [Id(1)]
    public long Version;
}

[RegisterConverter]
internal sealed class PoolPublicationConverter : IConverter<PoolPublication, PoolPublicationSurrogate>
{
    public PoolPublication ConvertFromSurrogate(in PoolPublicationSurrogate surrogate) => new(surrogate.Definition, surrogate.Version);

    public PoolPublicationSurrogate ConvertToSurrogate(in PoolPublication value) => new() { Definition = value.Definition, Version = value.Version };
}

[RegisterCopier]
internal sealed class PoolPublicationCopier : ShallowCopier<PoolPublication>;

[GenerateSerializer]
[Alias("krewe.pool-standing")]
internal struct PoolStandingSurrogate
{
    [Id(0)]
    public PoolName Pool;

    [Id(1)]
    public long Generation;

    [Id(2)]
    public long Number;

    [Id(3)]
    public bool IsFrozen;

    [Id(4)]
    public bool RefusesNew;
}

[RegisterConverter]
internal sealed class PoolStandingConverter : IConverter<PoolStanding, PoolStandingSurrogate>
{
    public PoolStanding ConvertFromSurrogate(in PoolStandingSurrogate surrogate) =>
        new(surrogate.Pool, surrogate.Generation, surrogate.Number, surrogate.IsFrozen, surrogate.RefusesNew);

    public PoolStandingSurrogate ConvertToSurrogate(in PoolStanding value) => new()
    {
        Pool = value.Pool,
        Generation = value.Generation,
        Number = value.Number,
        IsFrozen = value.IsFrozen,
        RefusesNew = value.RefusesNew,
    };
}

[RegisterCopier]
internal sealed class PoolStandingCopier : ShallowCopier<PoolStanding>;

[GenerateSerializer]
[Alias("krewe.epoch-loss")]
internal struct EpochLossSurrogate
{
    [Id(0)]
    public InstanceId Instance;

    [Id(1)]
    public Epoch Epoch;

    [Id(2)]
    public EvidenceKind? Evidence;
}

[RegisterConverter]
internal sealed class EpochLossConverter : IConverter<EpochLoss, EpochLossSurrogate>
{
    public EpochLoss ConvertFromSurrogate(in EpochLossSurrogate surrogate) => new(surrogate.Instance, surrogate.Epoch, surrogate.Evidence);

    public EpochLossSurrogate ConvertToSurrogate(in EpochLoss value) => new() { Instance = value.Instance, Epoch = value.Epoch, Evidence = value.Evidence };
}

[RegisterCopier]
internal sealed class EpochLossCopier : ShallowCopier<EpochLoss>;
