using System.Text.Json;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;
using Krewe.Core.Routing;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Storage;
using Orleans.Serialization.Cloning;

namespace Krewe.Orleans.Serialization;

/// <summary>A definition crosses as the JSON document that is stored: it is rare, and has the most fields that come and go.</summary>
[GenerateSerializer]
[Alias("krewe.pool-definition")]
internal struct PoolDefinitionSurrogate
{
    [Id(0)]
    public string Document;
}

[RegisterConverter]
internal sealed class PoolDefinitionConverter : IConverter<PoolDefinition, PoolDefinitionSurrogate>
{
    public PoolDefinition ConvertFromSurrogate(in PoolDefinitionSurrogate surrogate) =>
        JsonSerializer.Deserialize<PoolDefinition>(surrogate.Document, StateJson.Options)!;

    public PoolDefinitionSurrogate ConvertToSurrogate(in PoolDefinition value) =>
        new() { Document = JsonSerializer.Serialize(value, StateJson.Options) };
}

[RegisterCopier]
internal sealed class PoolDefinitionCopier : ShallowCopier<PoolDefinition>;

[GenerateSerializer]
[Alias("krewe.member-notice")]
internal struct MemberNoticeSurrogate
{
    [Id(0)]
    public InstanceName Name;

    [Id(1)]
    public ViewVersion Version;

    [Id(2)]
    public InstanceRole Role;

    [Id(3)]
    public EngineProtocol Protocol;

    [Id(4)]
    public TransferGroup TransferGroup;

    [Id(5)]
    public Liveness Liveness;

    [Id(6)]
    public AdminState Admin;

    [Id(7)]
    public bool Schedulable;

    [Id(8)]
    public Hearing Hearing;
}

[RegisterConverter]
internal sealed class MemberNoticeConverter : IConverter<MemberNotice, MemberNoticeSurrogate>
{
    public MemberNotice ConvertFromSurrogate(in MemberNoticeSurrogate surrogate) => new(
        surrogate.Name,
        surrogate.Version,
        LaterRelease.Known(surrogate.Role),
        LaterRelease.Known(surrogate.Protocol),
        surrogate.TransferGroup,
        LaterRelease.Known(surrogate.Liveness),
        LaterRelease.Known(surrogate.Admin),
        surrogate.Schedulable)
    {
        Hearing = LaterRelease.Known(surrogate.Hearing),
    };

    public MemberNoticeSurrogate ConvertToSurrogate(in MemberNotice value) => new()
    {
        Name = value.Name,
        Version = value.Version,
        Role = value.Role,
        Protocol = value.Protocol,
        TransferGroup = value.TransferGroup,
        Liveness = value.Liveness,
        Admin = value.Admin,
        Schedulable = value.Schedulable,
        Hearing = value.Hearing,
    };
}

[RegisterCopier]
internal sealed class MemberNoticeCopier : ShallowCopier<MemberNotice>;

[GenerateSerializer]
[Alias("krewe.role-health")]
internal struct RoleHealthSurrogate
{
    [Id(0)]
    public InstanceRole Role;

    [Id(1)]
    public int Schedulable;

    [Id(2)]
    public int Total;
}

[RegisterConverter]
internal sealed class RoleHealthConverter : IConverter<RoleHealth, RoleHealthSurrogate>
{
    public RoleHealth ConvertFromSurrogate(in RoleHealthSurrogate surrogate) => new(surrogate.Role, surrogate.Schedulable, surrogate.Total);

    public RoleHealthSurrogate ConvertToSurrogate(in RoleHealth value) =>
        new() { Role = value.Role, Schedulable = value.Schedulable, Total = value.Total };
}

[RegisterCopier]
internal sealed class RoleHealthCopier : ShallowCopier<RoleHealth>;

[GenerateSerializer]
[Alias("krewe.pool-description")]
internal struct PoolDescriptionSurrogate
{
    [Id(0)]
    public PoolDefinition Definition;

    [Id(1)]
    public PoolHealth Health;

    [Id(2)]
    public PoolHealthReason Reason;

    [Id(3)]
    public string Text;

    [Id(4)]
    public RoleHealth[] Roles;
}

[RegisterConverter]
internal sealed class PoolDescriptionConverter : IConverter<PoolDescription, PoolDescriptionSurrogate>
{
    public PoolDescription ConvertFromSurrogate(in PoolDescriptionSurrogate surrogate) =>
        new(surrogate.Definition, new PoolHealthReport(surrogate.Health, surrogate.Reason, surrogate.Text, surrogate.Roles ?? []));

    public PoolDescriptionSurrogate ConvertToSurrogate(in PoolDescription value) => new()
    {
        Definition = value.Definition,
        Health = value.Health.Health,
        Reason = value.Health.Reason,
        Text = value.Health.Text,
        Roles = [.. value.Health.Roles],
    };
}

[RegisterCopier]
internal sealed class PoolDescriptionCopier : ShallowCopier<PoolDescription>;
