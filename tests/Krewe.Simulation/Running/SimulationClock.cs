namespace Krewe.Simulation.Running;

/// <summary>
/// Virtual time, and the queue of everything that is to happen at some point of it: events of one time come in the order
/// in which they were planned. For one thread; it notes any other that asks it for the time.
/// </summary>
internal sealed class SimulationClock : TimeProvider
{
    // Neither zero nor near the wall clock, so that code that mixes clocks up is found out.
    private const long Origin = 70_000_000_001;

    private static readonly DateTimeOffset Start = new(2001, 2, 3, 4, 5, 6, TimeSpan.Zero);

    private readonly PriorityQueue<(Action<object?> Run, object? State), (long Due, long Sequence)> _planned = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _now;
    private long _sequence;

    /// <summary>Since the simulation began.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(_now);

    /// <summary>How far the wall clock is off: nothing that matters may depend on it.</summary>
    public TimeSpan WallSkew { get; set; }

    /// <summary>Where work went that left the simulation's thread; null if none did. Such a run proves nothing.</summary>
    public string? Escape { get; private set; }

    /// <summary>When the next planned event is due; null where there is none.</summary>
    public TimeSpan? Next => _planned.TryPeek(out _, out var at) ? TimeSpan.FromTicks(at.Due) : null;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => Start + Elapsed + WallSkew;

    public override long GetTimestamp()
    {
        CheckThread();
        return Origin + _now;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        CreateTimer(callback, state, dueTime, period, null);

    public ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period, SiloGate? gate)
    {
        CheckThread();
        var timer = new SimTimer(this, callback, state, gate);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Plans an event.</summary>
    public void After(TimeSpan delay, Action run) => After(delay, static run => ((Action)run!)(), run);

    public void After(TimeSpan delay, Action<object?> run, object? state)
    {
        CheckThread();
        _planned.Enqueue((run, state), (_now + Math.Max(0, delay.Ticks), _sequence++));
    }

    /// <summary>Moves to the next event and lets it happen.</summary>
    /// <returns>False where nothing is planned.</returns>
    public bool FireNext()
    {
        if (!_planned.TryDequeue(out var next, out var at))
        {
            return false;
        }

        _now = Math.Max(_now, at.Due);
        next.Run(next.State);
        return true;
    }

    /// <summary>Notes where another thread came in.</summary>
    public void CheckThread()
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            Escape ??= Environment.StackTrace;
        }
    }
}
