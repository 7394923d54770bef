using System.Buffers;
using System.IO.Pipelines;

namespace Krewe.Engines.Sse;

/// <summary>
/// Reads events off a pipe, a batch at a time: <c>while (await reader.WaitAsync(ct)) while (reader.TryRead(out e)) …</c>
/// so that everything that came in one read can go out in one write. Not thread-safe.
/// </summary>
public sealed class SseReader(PipeReader input, SseLimits limits) : IDisposable
{
    private readonly SseParser _parser = new(limits);

    private ReadOnlySequence<byte> _buffer;
    private bool _holds;
    private bool _completed;

    public SseReader(PipeReader input)
        : this(input, SseLimits.Default)
    {
    }

    /// <summary>How the last <see cref="TryRead"/> ended.</summary>
    public SseStatus Status { get; private set; } = SseStatus.NeedsMore;

    /// <summary>
    /// Waits for more bytes. False: the stream is over, or a limit was broken (<see cref="Status"/> tells). Spans of
    /// earlier events are invalid after this call. Errors and cancellation of the pipe pass through.
    /// </summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (_holds)
        {
            _holds = false;
            input.AdvanceTo(_buffer.Start, _buffer.End);
            _buffer = default;
        }

        if (_completed || Status is SseStatus.TooLarge)
        {
            return ValueTask.FromResult(false);
        }

        var read = input.ReadAsync(cancellationToken);
        return read.IsCompletedSuccessfully ? ValueTask.FromResult(Take(read.Result)) : AwaitAsync(read);
    }

    /// <summary>The next event of what has arrived. False = wait again.</summary>
    public bool TryRead(out SseEvent sse)
    {
        if (!_holds)
        {
            sse = default;
            return false;
        }

        Status = _parser.TryRead(ref _buffer, _completed, out sse);
        return Status == SseStatus.Event;
    }

    /// <summary>Gives the buffers back. The pipe itself is its owner's to complete.</summary>
    public void Dispose()
    {
        if (_holds)
        {
            _holds = false;
            input.AdvanceTo(_buffer.Start, _buffer.End);
            _buffer = default;
        }

        _parser.Dispose();
    }

    [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitAsync(ValueTask<ReadResult> read) => Take(await read.ConfigureAwait(false));

    private bool Take(ReadResult result)
    {
        if (result.IsCanceled)
        {
            throw new OperationCanceledException("The read of the event stream was cancelled.");
        }

        _buffer = result.Buffer;
        _completed = result.IsCompleted;
        _holds = true;

        // One more round at the end, even without bytes: an event may be left without its blank line.
        return true;
    }
}
