using System.Buffers.Binary;
using System.Net;

namespace Krewe.Grpc.Tests.Serving;

/// <summary>A call's one message, of which nothing is sent before the test says so.</summary>
internal sealed class HeldBack : HttpContent
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<byte[]> _message = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the call is under way and could send it.</summary>
    public Task Asked => _asked.Task;

    public void Send(byte[] message)
    {
        var framed = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, 5);
        _message.SetResult(framed);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // The headers go out with the first flush.
        await stream.FlushAsync(cancellationToken);
        _asked.TrySetResult();
        await stream.WriteAsync(await _message.Task.WaitAsync(cancellationToken), cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
