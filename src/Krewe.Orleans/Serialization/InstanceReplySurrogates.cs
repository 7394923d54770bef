using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Routing;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Storage;
using Orleans.Serialization.Cloning;

namespace Krewe.Orleans.Serialization;

[GenerateSerializer]
[Alias("krewe.register-reply")]
internal struct RegisterReplySurrogate
{
    [Id(0)]
    public InstanceVerdict Verdict;

    [Id(1)]
    public Epoch Epoch;

    [Id(2)]
    public Liveness Liveness;

    [Id(3)]
    public TimeSpan Lease;

    [Id(4)]
    public TimeSpan HeartbeatInterval;

    [Id(5)]
    public bool IsProvisional;
}

[RegisterConverter]
internal sealed class RegisterReplyConverter : IConverter<RegisterReply, RegisterReplySurrogate>
{
    public RegisterReply ConvertFromSurrogate(in RegisterReplySurrogate surrogate) =>
        new(LaterRelease.Known(surrogate.Verdict), surrogate.Epoch, LaterRelease.Known(surrogate.Liveness), surrogate.Lease, surrogate.HeartbeatInterval, surrogate.IsProvisional);

    public RegisterReplySurrogate ConvertToSurrogate(in RegisterReply value) => new()
    {
        Verdict = value.Verdict,
        Epoch = value.Epoch,
        Liveness = value.Liveness,
        Lease = value.Lease,
        HeartbeatInterval = value.HeartbeatInterval,
        IsProvisional = value.IsProvisional,
    };
}

[RegisterCopier]
internal sealed class RegisterReplyCopier : ShallowCopier<RegisterReply>;

[GenerateSerializer]
[Alias("krewe.heartbeat-reply")]
internal struct HeartbeatReplySurrogate
{
    [Id(0)]
    public InstanceVerdict Verdict;

    [Id(1)]
    public Liveness Liveness;

    [Id(2)]
    public AdminState Admin;

    [Id(3)]
    public Epoch Epoch;
}

[RegisterConverter]
internal sealed class HeartbeatReplyConverter : IConverter<HeartbeatReply, HeartbeatReplySurrogate>
{
    public HeartbeatReply ConvertFromSurrogate(in HeartbeatReplySurrogate surrogate) =>
        new(LaterRelease.Known(surrogate.Verdict), LaterRelease.Known(surrogate.Liveness), LaterRelease.Known(surrogate.Admin), surrogate.Epoch);

    public HeartbeatReplySurrogate ConvertToSurrogate(in HeartbeatReply value) =>
        new() { Verdict = value.Verdict, Liveness = value.Liveness, Admin = value.Admin, Epoch = value.Epoch };
}

[RegisterCopier]
internal sealed class HeartbeatReplyCopier : ShallowCopier<HeartbeatReply>;

[GenerateSerializer]
[Alias("krewe.bind-reply")]
internal struct BindReplySurrogate
{
    [Id(0)]
    public BindOutcome Outcome;

    [Id(1)]
    public InstanceView? View;
}

[RegisterConverter]
internal sealed class BindReplyConverter : IConverter<BindReply, BindReplySurrogate>
{
    public BindReply ConvertFromSurrogate(in BindReplySurrogate surrogate) => new(LaterRelease.Known(surrogate.Outcome), surrogate.View);

    public BindReplySurrogate ConvertToSurrogate(in BindReply value) => new() { Outcome = value.Outcome, View = value.View };
}

[RegisterCopier]
internal sealed class BindReplyCopier : ShallowCopier<BindReply>;
