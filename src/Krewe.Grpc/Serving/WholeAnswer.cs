using Google.Protobuf;
using Grpc.Core;
using Krewe.Gateway.Serving;

namespace Krewe.Grpc.Serving;

/// <summary>An answer in one piece: kept for the call's reply.</summary>
internal sealed class WholeAnswer(ServerCallContext context, TimeProvider time) : GrpcAnswer(context, time)
{
    /// <summary>The answer; null as long as there is none.</summary>
    public ByteString? Json { get; private set; }

    public override ValueTask<bool> SendWholeAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        // The memory is the pipeline's, and goes back to its pool.
        Json = ByteString.CopyFrom(json.Span);
        return ValueTask.FromResult(!Gone.IsCancellationRequested);
    }

    public override IEventOutput BeginStream() => throw Streams();

    public override void EndStream() => throw Streams();

    public override ValueTask<bool> FlushAsync() => throw Streams();

    private static InvalidOperationException Streams() => new("This call is answered in one piece.");
}
