using Grpc.Core;
using Krewe.Grpc.V1;

namespace Krewe.Client.Grpc.Calls;

/// <summary>The messages of a call as server-sent events. OK is <c>[DONE]</c>; an error of Krewe's is an event; a connection that broke is an <see cref="IOException"/>.</summary>
internal sealed class ChunkStream(AsyncServerStreamingCall<InferenceChunk> call, bool isOver) : Stream
{
    private readonly MemoryStream _event = new();
    private bool _hasMessage = !isOver;
    private bool _isOver = isOver;
    private bool _isEnded;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_event.Position == _event.Length)
        {
            if (_isEnded)
            {
                return 0;
            }

            await NextAsync(cancellationToken).ConfigureAwait(false);
        }

        return _event.Read(buffer.Span);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("A stream of events is read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // A call that is not over is cancelled by that, and its engines are freed.
            call.Dispose();
            _event.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!_hasMessage && !_isOver)
            {
                _hasMessage = await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false);
                _isOver = !_hasMessage;
            }
        }
        catch (RpcException error)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (GrpcAnswers.Event(error) is not { } told)
            {
                throw new IOException($"The call broke: {error.StatusCode}.", error);
            }

            _isEnded = true;
            Put(told);
            return;
        }

        if (_isOver)
        {
            _isEnded = true;
            Put("[DONE]"u8);
            return;
        }

        _hasMessage = false;
        Put(call.ResponseStream.Current.Json.Span);
    }

    private void Put(ReadOnlySpan<byte> data)
    {
        _event.SetLength(0);
        _event.Write("data: "u8);
        _event.Write(data);
        _event.Write("\n\n"u8);
        _event.Position = 0;
    }
}
