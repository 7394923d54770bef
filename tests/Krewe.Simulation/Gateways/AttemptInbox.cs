using Krewe.Simulation.Engines;

namespace Krewe.Simulation.Gateways;

/// <summary>What comes in for one attempt: the engine's messages, until something cuts it short.</summary>
internal sealed class AttemptInbox
{
    private readonly Queue<EngineMessage> _messages = new();
    private TaskCompletionSource? _waiting;

    public AttemptStop Stopped { get; private set; }

    public void Post(EngineMessage message)
    {
        _messages.Enqueue(message);
        Wake();
    }

    /// <summary>The first reason counts.</summary>
    public void Stop(AttemptStop why)
    {
        if (Stopped == AttemptStop.None)
        {
            Stopped = why;
            Wake();
        }
    }

    /// <summary>The next message; null once it was cut short.</summary>
    public async ValueTask<EngineMessage?> ReadAsync()
    {
        while (Stopped == AttemptStop.None)
        {
            if (_messages.TryDequeue(out var message))
            {
                return message;
            }

            _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _waiting.Task;
        }

        return null;
    }

    private void Wake()
    {
        var waiting = _waiting;
        _waiting = null;
        waiting?.TrySetResult();
    }
}
