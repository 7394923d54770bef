namespace Krewe.Gateway.Lifecycle;

/// <summary>
/// Where this silo stands between ready and gone: readiness fails → settle → no new requests → running ones finish within
/// the grace → what is left is cut.
/// </summary>
public sealed class SiloLifetime(ShutdownOptions options, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _graceOver = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _drainAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IReadinessHold[] _holds = [];
    private volatile bool _refusing;
    private int _running;

    /// <summary>Whether balancers should send requests here.</summary>
    public bool IsReady => Unready is null;

    /// <summary>Why balancers should send no requests here, in a sentence; null where they should.</summary>
    public string? Unready =>
        IsDraining ? "This silo is draining."
        : !_ready.Task.IsCompleted ? "This silo is starting."
        : _holds.FirstOrDefault(static hold => hold.IsHeld)?.Reason;

    public bool IsDraining => _drainAsked.Task.IsCompleted;

    /// <summary>Cancelled when the grace is over: what still runs is cut.</summary>
    public CancellationToken GraceOver => _graceOver.Token;

    /// <summary>Ends when everything is up.</summary>
    public Task BecameReady => _ready.Task;

    /// <summary>Ends when a drain was asked for.</summary>
    public Task DrainAsked => _drainAsked.Task;

    /// <summary>Requests that run here.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Everything is up.</summary>
    public void Ready() => _ready.TrySetResult();

    /// <summary>The silo is not ready while this holds it back. A silo that has others beside it has such: they could do without it.</summary>
    public void HoldBy(IReadinessHold hold) => _holds = [.. _holds, hold];

    /// <summary>The process's exit code, once it has drained: 0 unless it drains because it cannot stay.</summary>
    public int ExitCode { get; private set; }

    /// <summary>Begins to go; again has no effect.</summary>
    public void BeginDrain() => _drainAsked.TrySetResult();

    /// <summary>Begins to go because it cannot stay. False where it goes already.</summary>
    /// <param name="exitCode">The process's exit code then.</param>
    public bool BeginDrain(int exitCode)
    {
        if (IsDraining)
        {
            return false;
        }

        ExitCode = exitCode;
        return _drainAsked.TrySetResult();
    }

    /// <summary>A request comes in; false when no new ones are taken. Each true wants one <see cref="Exit"/>.</summary>
    public bool TryEnter()
    {
        Interlocked.Increment(ref _running);
        if (!_refusing)
        {
            return true;
        }

        Exit();
        return false;
    }

    /// <summary>More work for a request that was taken in: it is not refused. Wants one <see cref="Exit"/>.</summary>
    public void Enter() => Interlocked.Increment(ref _running);

    public void Exit()
    {
        if (Interlocked.Decrement(ref _running) == 0 && _refusing)
        {
            _idle.TrySetResult();
        }
    }

    /// <summary>Runs the whole way down; ends when nothing runs here any more.</summary>
    /// <param name="hurry">Cancelled to skip what is left of settling and grace.</param>
    public async Task DrainAsync(CancellationToken hurry)
    {
        BeginDrain();
        await WaitAsync(Task.Delay(options.Settle, time, hurry));
        _refusing = true;
        if (Volatile.Read(ref _running) == 0)
        {
            _idle.TrySetResult();
        }

        await WaitAsync(_idle.Task.WaitAsync(options.Grace, time, hurry));
        await _graceOver.CancelAsync();

        // What was cut ends on its own within moments; a request that does not is left to the host's own limit.
        await WaitAsync(_idle.Task.WaitAsync(TimeSpan.FromSeconds(2), time, CancellationToken.None));
    }

    public void Dispose() => _graceOver.Dispose();

    private static async Task WaitAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            // The next stage begins either way.
        }
    }
}
