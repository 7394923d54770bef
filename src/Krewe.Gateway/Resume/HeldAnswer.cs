using System.Buffers;
using System.Buffers.Text;
using Krewe.Engines.Buffers;
using Krewe.Engines.Sse;
using Krewe.Gateway.Errors;
using Krewe.Gateway.Serving;

namespace Krewe.Gateway.Resume;

/// <summary>Answers into a held stream: each event with its number as SSE <c>id</c>. Only for requests that stream.</summary>
internal sealed class HeldAnswer(HeldStream stream) : ClientAnswer, IEventOutput, IDisposable
{
    private readonly PooledBuffer _event = new();

    // Only this writes to the stream: what follows what is known here.
    private int _next;

    /// <summary>Whether the stream has its proper end.</summary>
    public bool IsWhole { get; private set; }

    public override CancellationToken Gone => stream.Gone;

    public override bool TellsUsage => true;

    public override IEventOutput BeginStream() => this;

    public override void EndStream()
    {
        BeginEvent();
        _event.Write(SseWriter.Done);
        Commit();
        IsWhole = true;
    }

    public override ValueTask<bool> FlushAsync() => stream.FlushAsync();

    public override ValueTask<bool> SendWholeAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Only streams are held.");

    public override ValueTask FailAsync(ApiError error)
    {
        if (_next > 0)
        {
            ErrorWriter.WriteBody(Begin(), error);
            End();
        }

        stream.End(error);
        return ValueTask.CompletedTask;
    }

    public override void Abort() => stream.Abort();

    public override void Cancel() => stream.Cancel();

    public IBufferWriter<byte> Begin()
    {
        BeginEvent();
        _event.Write("data: "u8);
        return _event;
    }

    public void End()
    {
        _event.Write("\n\n"u8);
        Commit();
    }

    public void Pass(in SseEvent sse)
    {
        BeginEvent();
        if (sse.IsPlain)
        {
            _event.Write(sse.Raw);
        }
        else
        {
            // The engine's own id would be taken for ours.
            SseWriter.WriteData(_event, sse.Data);
        }

        Commit();
    }

    public void Dispose() => _event.Dispose();

    private void BeginEvent()
    {
        _event.Clear();
        _event.Write("id: "u8);
        Utf8Formatter.TryFormat(_next, _event.GetSpan(11), out var written);
        _event.Advance(written);
        _event.Write((byte)'\n');
    }

    private void Commit()
    {
        stream.Append(_event.Span);
        _next++;
    }
}
