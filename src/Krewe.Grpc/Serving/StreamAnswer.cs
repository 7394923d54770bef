using System.Buffers;
using Google.Protobuf;
using Grpc.Core;
using Krewe.Engines.Buffers;
using Krewe.Engines.Sse;
using Krewe.Gateway.Serving;
using Krewe.Grpc.V1;

namespace Krewe.Grpc.Serving;

/// <summary>An answer by a stream: a message per event, all of one read in one flush. Its whole end is the call's OK.</summary>
internal sealed class StreamAnswer(ServerCallContext context, IServerStreamWriter<InferenceChunk> chunks, TimeProvider time)
    : GrpcAnswer(context, time), IEventOutput
{
    private static readonly WriteOptions More = new(WriteFlags.BufferHint);

    private readonly PooledBuffer _payloads = new();
    private readonly List<int> _ends = [];
    private readonly InferenceChunk _chunk = new();
    private volatile bool _isWriting;

    protected override bool IsWriting => _isWriting;

    public override IEventOutput BeginStream() => this;

    public IBufferWriter<byte> Begin() => _payloads;

    public void End() => _ends.Add(_payloads.Length);

    public void Pass(in SseEvent sse)
    {
        _payloads.Write(sse.Data);
        End();
    }

    public override void EndStream()
    {
        // The call's status says it.
    }

    public override async ValueTask<bool> FlushAsync()
    {
        _isWriting = true;
        try
        {
            var start = 0;
            for (var i = 0; i < _ends.Count; i++)
            {
                // Serialized before the write returns: neither the message nor its memory is held on to.
                _chunk.Json = UnsafeByteOperations.UnsafeWrap(_payloads.Memory[start.._ends[i]]);
                chunks.WriteOptions = i < _ends.Count - 1 ? More : WriteOptions.Default;
                await chunks.WriteAsync(_chunk);
                start = _ends[i];
            }

            return true;
        }
        catch (Exception gone) when (gone is InvalidOperationException or IOException or OperationCanceledException or RpcException)
        {
            return IsAtDeadline;
        }
        finally
        {
            _isWriting = false;
            _ends.Clear();
            _payloads.Clear();
        }
    }

    public override ValueTask<bool> SendWholeAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("This call is answered by a stream.");

    public override void Dispose()
    {
        base.Dispose();
        _payloads.Dispose();
    }
}
