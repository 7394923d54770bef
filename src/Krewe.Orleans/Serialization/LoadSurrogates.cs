using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Core.Routing;
using Krewe.Fleet.Instances;
using Orleans.Serialization.Cloning;

namespace Krewe.Orleans.Serialization;

[GenerateSerializer]
[Alias("krewe.attempt-leg")]
internal struct AttemptLegSurrogate
{
    [Id(0)]
    public ulong RequestHigh;

    [Id(1)]
    public ulong RequestLow;

    [Id(2)]
    public int Attempt;

    [Id(3)]
    public LegKind Kind;

    [Id(4)]
    public int Round;
}

[RegisterConverter]
internal sealed class AttemptLegConverter : IConverter<AttemptLeg, AttemptLegSurrogate>
{
    public AttemptLeg ConvertFromSurrogate(in AttemptLegSurrogate surrogate) =>
        new(new AttemptId(new RequestId(surrogate.RequestHigh, surrogate.RequestLow), surrogate.Attempt), surrogate.Kind, surrogate.Round);

    public AttemptLegSurrogate ConvertToSurrogate(in AttemptLeg value) => new()
    {
        RequestHigh = value.Attempt.Request.High,
        RequestLow = value.Attempt.Request.Low,
        Attempt = value.Attempt.Number,
        Kind = value.Kind,
        Round = value.Round,
    };
}

[RegisterCopier]
internal sealed class AttemptLegCopier : ShallowCopier<AttemptLeg>;

[GenerateSerializer]
[Alias("krewe.held-leg")]
internal struct HeldLegSurrogate
{
    [Id(0)]
    public AttemptLeg Leg;

    [Id(1)]
    public long Tokens;
}

[RegisterConverter]
internal sealed class HeldLegConverter : IConverter<HeldLeg, HeldLegSurrogate>
{
    public HeldLeg ConvertFromSurrogate(in HeldLegSurrogate surrogate) => new(surrogate.Leg, surrogate.Tokens);

    public HeldLegSurrogate ConvertToSurrogate(in HeldLeg value) => new() { Leg = value.Leg, Tokens = value.Tokens };
}

[RegisterCopier]
internal sealed class HeldLegCopier : ShallowCopier<HeldLeg>;

[GenerateSerializer]
[Alias("krewe.reported-load")]
internal struct ReportedLoadSurrogate
{
    [Id(0)]
    public int Running;

    [Id(1)]
    public int Waiting;

    [Id(2)]
    public double KvUsage;

    [Id(3)]
    public long QueuedTokens;

    [Id(4)]
    public double MaxTtftMs;

    [Id(5)]
    public double MaxItlMs;
}

[RegisterConverter]
internal sealed class ReportedLoadConverter : IConverter<ReportedLoad, ReportedLoadSurrogate>
{
    public ReportedLoad ConvertFromSurrogate(in ReportedLoadSurrogate surrogate) =>
        new(surrogate.Running, surrogate.Waiting, surrogate.KvUsage, surrogate.QueuedTokens, surrogate.MaxTtftMs, surrogate.MaxItlMs);

    public ReportedLoadSurrogate ConvertToSurrogate(in ReportedLoad value) => new()
    {
        Running = value.Running,
        Waiting = value.Waiting,
        KvUsage = value.KvUsage,
        QueuedTokens = value.QueuedTokens,
        MaxTtftMs = value.MaxTtftMs,
        MaxItlMs = value.MaxItlMs,
    };
}

[RegisterCopier]
internal sealed class ReportedLoadCopier : ShallowCopier<ReportedLoad>;

[GenerateSerializer]
[Alias("krewe.load-snapshot")]
internal struct LoadSnapshotSurrogate
{
    [Id(0)]
    public int ReservedRequests;

    [Id(1)]
    public long ReservedTokens;

    [Id(2)]
    public int ExternalRequests;

    [Id(3)]
    public ReportedLoad Reported;
}

[RegisterConverter]
internal sealed class LoadSnapshotConverter : IConverter<LoadSnapshot, LoadSnapshotSurrogate>
{
    public LoadSnapshot ConvertFromSurrogate(in LoadSnapshotSurrogate surrogate) =>
        new(surrogate.ReservedRequests, surrogate.ReservedTokens, surrogate.ExternalRequests, surrogate.Reported);

    public LoadSnapshotSurrogate ConvertToSurrogate(in LoadSnapshot value) => new()
    {
        ReservedRequests = value.ReservedRequests,
        ReservedTokens = value.ReservedTokens,
        ExternalRequests = value.ExternalRequests,
        Reported = value.Reported,
    };
}

[RegisterCopier]
internal sealed class LoadSnapshotCopier : ShallowCopier<LoadSnapshot>;

[GenerateSerializer]
[Alias("krewe.view-version")]
internal struct ViewVersionSurrogate
{
    [Id(0)]
    public Epoch Epoch;

    [Id(1)]
    public long Generation;

    [Id(2)]
    public long Counter;
}

[RegisterConverter]
internal sealed class ViewVersionConverter : IConverter<ViewVersion, ViewVersionSurrogate>
{
    public ViewVersion ConvertFromSurrogate(in ViewVersionSurrogate surrogate) => new(surrogate.Epoch, surrogate.Generation, surrogate.Counter);

    public ViewVersionSurrogate ConvertToSurrogate(in ViewVersion value) =>
        new() { Epoch = value.Epoch, Generation = value.Generation, Counter = value.Counter };
}

[RegisterCopier]
internal sealed class ViewVersionCopier : ShallowCopier<ViewVersion>;
