using Krewe.Core.Identity;
using Orleans.Serialization.Cloning;

namespace Krewe.Orleans.Serialization;

// Ids cross as their text or number. A default id has no text, and stays so.

[GenerateSerializer]
[Alias("krewe.pool-name")]
internal struct PoolNameSurrogate
{
    [Id(0)]
    public string? Value;
}

[RegisterConverter]
internal sealed class PoolNameConverter : IConverter<PoolName, PoolNameSurrogate>
{
    public PoolName ConvertFromSurrogate(in PoolNameSurrogate surrogate) => surrogate.Value is { } value ? new PoolName(value) : default;

    public PoolNameSurrogate ConvertToSurrogate(in PoolName value) => new() { Value = value.Value };
}

[RegisterCopier]
internal sealed class PoolNameCopier : ShallowCopier<PoolName>;

[GenerateSerializer]
[Alias("krewe.instance-name")]
internal struct InstanceNameSurrogate
{
    [Id(0)]
    public string? Value;
}

[RegisterConverter]
internal sealed class InstanceNameConverter : IConverter<InstanceName, InstanceNameSurrogate>
{
    public InstanceName ConvertFromSurrogate(in InstanceNameSurrogate surrogate) => surrogate.Value is { } value ? new InstanceName(value) : default;

    public InstanceNameSurrogate ConvertToSurrogate(in InstanceName value) => new() { Value = value.Value };
}

[RegisterCopier]
internal sealed class InstanceNameCopier : ShallowCopier<InstanceName>;

[GenerateSerializer]
[Alias("krewe.instance-id")]
internal struct InstanceIdSurrogate
{
    [Id(0)]
    public PoolName Pool;

    [Id(1)]
    public InstanceName Name;
}

[RegisterConverter]
internal sealed class InstanceIdConverter : IConverter<InstanceId, InstanceIdSurrogate>
{
    public InstanceId ConvertFromSurrogate(in InstanceIdSurrogate surrogate) => new(surrogate.Pool, surrogate.Name);

    public InstanceIdSurrogate ConvertToSurrogate(in InstanceId value) => new() { Pool = value.Pool, Name = value.Name };
}

[RegisterCopier]
internal sealed class InstanceIdCopier : ShallowCopier<InstanceId>;

[GenerateSerializer]
[Alias("krewe.incarnation-id")]
internal struct IncarnationIdSurrogate
{
    [Id(0)]
    public string? Value;
}

[RegisterConverter]
internal sealed class IncarnationIdConverter : IConverter<IncarnationId, IncarnationIdSurrogate>
{
    public IncarnationId ConvertFromSurrogate(in IncarnationIdSurrogate surrogate) => surrogate.Value is { } value ? new IncarnationId(value) : default;

    public IncarnationIdSurrogate ConvertToSurrogate(in IncarnationId value) => new() { Value = value.Value };
}

[RegisterCopier]
internal sealed class IncarnationIdCopier : ShallowCopier<IncarnationId>;

[GenerateSerializer]
[Alias("krewe.transfer-group")]
internal struct TransferGroupSurrogate
{
    [Id(0)]
    public string? Value;
}

[RegisterConverter]
internal sealed class TransferGroupConverter : IConverter<TransferGroup, TransferGroupSurrogate>
{
    public TransferGroup ConvertFromSurrogate(in TransferGroupSurrogate surrogate) => surrogate.Value is { } value ? new TransferGroup(value) : default;

    public TransferGroupSurrogate ConvertToSurrogate(in TransferGroup value) => new() { Value = value.Value };
}

[RegisterCopier]
internal sealed class TransferGroupCopier : ShallowCopier<TransferGroup>;

[GenerateSerializer]
[Alias("krewe.silo-id")]
internal struct SiloIdSurrogate
{
    [Id(0)]
    public string? Value;
}

[RegisterConverter]
internal sealed class SiloIdConverter : IConverter<SiloId, SiloIdSurrogate>
{
    public SiloId ConvertFromSurrogate(in SiloIdSurrogate surrogate) => new(surrogate.Value!);

    public SiloIdSurrogate ConvertToSurrogate(in SiloId value) => new() { Value = value.Value };
}

[RegisterCopier]
internal sealed class SiloIdCopier : ShallowCopier<SiloId>;

[GenerateSerializer]
[Alias("krewe.epoch")]
internal struct EpochSurrogate
{
    [Id(0)]
    public long Value;
}

[RegisterConverter]
internal sealed class EpochConverter : IConverter<Epoch, EpochSurrogate>
{
    public Epoch ConvertFromSurrogate(in EpochSurrogate surrogate) => new(surrogate.Value);

    public EpochSurrogate ConvertToSurrogate(in Epoch value) => new() { Value = value.Value };
}

[RegisterCopier]
internal sealed class EpochCopier : ShallowCopier<Epoch>;
