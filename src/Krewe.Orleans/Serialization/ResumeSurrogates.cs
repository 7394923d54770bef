using Krewe.Fleet.Resume;
using Orleans.Serialization.Cloning;

namespace Krewe.Orleans.Serialization;

[GenerateSerializer]
[Alias("krewe.stream-batch")]
internal struct StreamBatchSurrogate
{
    [Id(0)]
    public StreamStatus Status;

    [Id(1)]
    public int Reader;

    [Id(2)]
    public int Through;

    [Id(3)]
    public ReadOnlyMemory<byte> Events;
}

[RegisterConverter]
internal sealed class StreamBatchConverter : IConverter<StreamBatch, StreamBatchSurrogate>
{
    public StreamBatch ConvertFromSurrogate(in StreamBatchSurrogate surrogate) => new(surrogate.Status, surrogate.Reader, surrogate.Through, surrogate.Events);

    public StreamBatchSurrogate ConvertToSurrogate(in StreamBatch value) =>
        new() { Status = value.Status, Reader = value.Reader, Through = value.Through, Events = value.Events };
}

[RegisterCopier]
internal sealed class StreamBatchCopier : ShallowCopier<StreamBatch>;
