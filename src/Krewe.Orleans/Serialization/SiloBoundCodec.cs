using System.Buffers;
using Krewe.Fleet.Requests;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace Krewe.Orleans.Serialization;

/// <summary>
/// For messages that hold something of this process (a cancellation token, a time of its clock): they are passed by
/// reference, and one that would leave the silo fails, with a message that says why. A request's actor is placed on the
/// silo that calls it; where that cannot be, because this silo is leaving the cluster, the request is not to be opened.
/// </summary>
internal abstract class SiloBoundCodec<T> : IFieldCodec<T>
{
    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, T? value)
        where TBufferWriter : IBufferWriter<byte> => throw Leaving();

    public T ReadValue<TInput>(ref Reader<TInput> reader, Field field) => throw Leaving();

    private static NotSupportedException Leaving() =>
        new($"A {typeof(T).Name} never leaves its silo: a request is served by the silo that holds its socket.");
}

[RegisterSerializer]
internal sealed class RequestSpecCodec : SiloBoundCodec<RequestSpec>;

[RegisterCopier]
internal sealed class RequestSpecCopier : ShallowCopier<RequestSpec>;

[RegisterSerializer]
internal sealed class RequestStepCodec : SiloBoundCodec<RequestStep>;

[RegisterCopier]
internal sealed class RequestStepCopier : ShallowCopier<RequestStep>;
