using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Protocols;
using Krewe.Core.Routing;
using Krewe.Core.Time;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Storage;
using Orleans.Serialization.Cloning;

namespace Krewe.Orleans.Serialization;

[GenerateSerializer]
[Alias("krewe.registration")]
internal struct RegistrationSurrogate
{
    [Id(0)]
    public IncarnationId Incarnation;

    [Id(1)]
    public InstanceRole Role;

    [Id(2)]
    public EngineProtocol Protocol;

    [Id(3)]
    public Uri Url;

    [Id(4)]
    public string Model;

    [Id(5)]
    public TransferGroup TransferGroup;

    [Id(6)]
    public int MaxConcurrency;

    [Id(7)]
    public int KvBlocks;

    [Id(8)]
    public int BlockSize;
}

[RegisterConverter]
internal sealed class RegistrationConverter : IConverter<Registration, RegistrationSurrogate>
{
    public Registration ConvertFromSurrogate(in RegistrationSurrogate surrogate) => new()
    {
        Incarnation = surrogate.Incarnation,
        Role = LaterRelease.Known(surrogate.Role),
        Protocol = LaterRelease.Known(surrogate.Protocol),
        Url = surrogate.Url,
        Model = surrogate.Model,
        TransferGroup = surrogate.TransferGroup,
        Capacity = new InstanceCapacity(surrogate.MaxConcurrency, surrogate.KvBlocks, surrogate.BlockSize),
    };

    public RegistrationSurrogate ConvertToSurrogate(in Registration value) => new()
    {
        Incarnation = value.Incarnation,
        Role = value.Role,
        Protocol = value.Protocol,
        Url = value.Url,
        Model = value.Model,
        TransferGroup = value.TransferGroup,
        MaxConcurrency = value.Capacity.MaxConcurrency,
        KvBlocks = value.Capacity.KvBlocks,
        BlockSize = value.Capacity.BlockSize,
    };
}

[RegisterCopier]
internal sealed class RegistrationCopier : ShallowCopier<Registration>;

[GenerateSerializer]
[Alias("krewe.instance-view")]
internal struct InstanceViewSurrogate
{
    [Id(0)]
    public InstanceId Id;

    [Id(1)]
    public ViewVersion Version;

    [Id(2)]
    public Registration Registration;

    [Id(3)]
    public Liveness Liveness;

    [Id(4)]
    public AdminState Admin;

    [Id(5)]
    public BreakerState Breaker;

    [Id(6)]
    public bool Schedulable;

    [Id(7)]
    public LoadSnapshot Load;

    [Id(8)]
    public int Limit;

    /// <summary>How old the report is; null where there was none.</summary>
    [Id(9)]
    public TimeSpan? ReportAge;
}

/// <summary>The time of the report crosses as its age: monotonic times of two silos do not compare.</summary>
[RegisterConverter]
internal sealed class InstanceViewConverter(FleetServices services) : IConverter<InstanceView, InstanceViewSurrogate>
{
    public InstanceView ConvertFromSurrogate(in InstanceViewSurrogate surrogate) => new()
    {
        Id = surrogate.Id,
        Version = surrogate.Version,
        Registration = surrogate.Registration,
        Liveness = LaterRelease.Known(surrogate.Liveness),
        Admin = LaterRelease.Known(surrogate.Admin),
        Breaker = LaterRelease.Known(surrogate.Breaker),
        Schedulable = surrogate.Schedulable,
        Load = surrogate.Load,
        Limit = surrogate.Limit,
        ReportedAt = surrogate.ReportAge is { } age ? services.Time.GetMonotonic() - age : default,
    };

    public InstanceViewSurrogate ConvertToSurrogate(in InstanceView value) => new()
    {
        Id = value.Id,
        Version = value.Version,
        Registration = value.Registration,
        Liveness = value.Liveness,
        Admin = value.Admin,
        Breaker = value.Breaker,
        Schedulable = value.Schedulable,
        Load = value.Load,
        Limit = value.Limit,
        ReportAge = value.ReportedAt == default ? null : services.Time.GetMonotonic() - value.ReportedAt,
    };
}

[RegisterCopier]
internal sealed class InstanceViewCopier : ShallowCopier<InstanceView>;
