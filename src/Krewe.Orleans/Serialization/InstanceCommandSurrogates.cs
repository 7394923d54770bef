using Krewe.Core.Identity;
using Krewe.Core.Instances.Breaking;
using Krewe.Core.Load;
using Krewe.Fleet.Instances;
using Orleans.Serialization.Cloning;

namespace Krewe.Orleans.Serialization;

[GenerateSerializer]
[Alias("krewe.heartbeat")]
internal struct HeartbeatCommandSurrogate
{
    [Id(0)]
    public IncarnationId Incarnation;

    [Id(1)]
    public long Sequence;

    [Id(2)]
    public TimeSpan EngineSeen;

    [Id(3)]
    public ReportedLoad Load;
}

[RegisterConverter]
internal sealed class HeartbeatCommandConverter : IConverter<HeartbeatCommand, HeartbeatCommandSurrogate>
{
    public HeartbeatCommand ConvertFromSurrogate(in HeartbeatCommandSurrogate surrogate) =>
        new(surrogate.Incarnation, surrogate.Sequence, surrogate.EngineSeen, surrogate.Load);

    public HeartbeatCommandSurrogate ConvertToSurrogate(in HeartbeatCommand value) =>
        new() { Incarnation = value.Incarnation, Sequence = value.Sequence, EngineSeen = value.EngineSeen, Load = value.Load };
}

[RegisterCopier]
internal sealed class HeartbeatCommandCopier : ShallowCopier<HeartbeatCommand>;

[GenerateSerializer]
[Alias("krewe.administer")]
internal struct AdminCommandSurrogate
{
    [Id(0)]
    public AdminAction Action;

    [Id(1)]
    public TimeSpan DrainWithin;
}

[RegisterConverter]
internal sealed class AdminCommandConverter : IConverter<AdminCommand, AdminCommandSurrogate>
{
    public AdminCommand ConvertFromSurrogate(in AdminCommandSurrogate surrogate) => new(surrogate.Action, surrogate.DrainWithin);

    public AdminCommandSurrogate ConvertToSurrogate(in AdminCommand value) => new() { Action = value.Action, DrainWithin = value.DrainWithin };
}

[RegisterCopier]
internal sealed class AdminCommandCopier : ShallowCopier<AdminCommand>;

[GenerateSerializer]
[Alias("krewe.bind")]
internal struct BindCommandSurrogate
{
    [Id(0)]
    public AttemptLeg Leg;

    [Id(1)]
    public Epoch Epoch;

    [Id(2)]
    public SiloId Silo;

    [Id(3)]
    public long Tokens;
}

[RegisterConverter]
internal sealed class BindCommandConverter : IConverter<BindCommand, BindCommandSurrogate>
{
    public BindCommand ConvertFromSurrogate(in BindCommandSurrogate surrogate) =>
        new(surrogate.Leg, surrogate.Epoch, surrogate.Silo, surrogate.Tokens);

    public BindCommandSurrogate ConvertToSurrogate(in BindCommand value) =>
        new() { Leg = value.Leg, Epoch = value.Epoch, Silo = value.Silo, Tokens = value.Tokens };
}

[RegisterCopier]
internal sealed class BindCommandCopier : ShallowCopier<BindCommand>;

[GenerateSerializer]
[Alias("krewe.release")]
internal struct ReleaseCommandSurrogate
{
    [Id(0)]
    public AttemptLeg Leg;

    [Id(1)]
    public Epoch Epoch;

    [Id(2)]
    public AttemptVerdict Verdict;

    [Id(3)]
    public bool ConnectionFailed;
}

[RegisterConverter]
internal sealed class ReleaseCommandConverter : IConverter<ReleaseCommand, ReleaseCommandSurrogate>
{
    public ReleaseCommand ConvertFromSurrogate(in ReleaseCommandSurrogate surrogate) =>
        new(surrogate.Leg, surrogate.Epoch, surrogate.Verdict, surrogate.ConnectionFailed);

    public ReleaseCommandSurrogate ConvertToSurrogate(in ReleaseCommand value) =>
        new() { Leg = value.Leg, Epoch = value.Epoch, Verdict = value.Verdict, ConnectionFailed = value.ConnectionFailed };
}

[RegisterCopier]
internal sealed class ReleaseCommandCopier : ShallowCopier<ReleaseCommand>;

[GenerateSerializer]
[Alias("krewe.assert")]
internal struct AssertCommandSurrogate
{
    [Id(0)]
    public SiloId Silo;

    [Id(1)]
    public Epoch Epoch;

    [Id(2)]
    public HeldLeg[] Legs;
}

[RegisterConverter]
internal sealed class AssertCommandConverter : IConverter<AssertCommand, AssertCommandSurrogate>
{
    public AssertCommand ConvertFromSurrogate(in AssertCommandSurrogate surrogate) => new(surrogate.Silo, surrogate.Epoch, surrogate.Legs ?? []);

    public AssertCommandSurrogate ConvertToSurrogate(in AssertCommand value) =>
        new() { Silo = value.Silo, Epoch = value.Epoch, Legs = [.. value.Legs] };
}

[RegisterCopier]
internal sealed class AssertCommandCopier : ShallowCopier<AssertCommand>;

[GenerateSerializer]
[Alias("krewe.observation")]
internal struct ObservationSurrogate
{
    [Id(0)]
    public ObservationKind Kind;

    [Id(1)]
    public Epoch Epoch;
}

[RegisterConverter]
internal sealed class ObservationConverter : IConverter<Observation, ObservationSurrogate>
{
    public Observation ConvertFromSurrogate(in ObservationSurrogate surrogate) => new(surrogate.Kind, surrogate.Epoch);

    public ObservationSurrogate ConvertToSurrogate(in Observation value) => new() { Kind = value.Kind, Epoch = value.Epoch };
}

[RegisterCopier]
internal sealed class ObservationCopier : ShallowCopier<Observation>;
