using Krewe.Core.Time;
using Krewe.EngineSim.Engine;
using Krewe.EngineSim.Faults;

namespace Krewe.EngineSim.Runtime;

/// <summary>Runs the core in real time: one lock, one timer, and a wake-up for whoever waits for a sequence. Safe from any thread.</summary>
internal sealed class EngineRuntime : IDisposable
{
    private static readonly TimeSpan ShortestTimer = TimeSpan.FromMilliseconds(1);

    private readonly Lock _gate = new();
    private readonly EngineCore _core;
    private readonly EngineClock _clock;
    private readonly SimFaults _faults;
    private readonly ITimer _timer;
    private readonly List<EngineEvent> _events = [];
    private readonly LatencyRecord _latencies = new();
    private bool _isTimerSet;
    private Monotonic _timerSetFor;
    private bool _isDisposed;

    public EngineRuntime(SimTiming timing, EngineLimits limits, SimFaults faults, TimeProvider time)
    {
        _core = new EngineCore(timing, limits);
        _clock = new EngineClock(time);
        _faults = faults;
        _timer = time.CreateTimer(static state => ((EngineRuntime)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        faults.Changed = OnFaultsChanged;
        OnFaultsChanged();
    }

    /// <returns>False where the queue is full.</returns>
    public bool TrySubmit(SimSequence sequence)
    {
        lock (_gate)
        {
            var taken = _core.TrySubmit(sequence, _clock.Now, _events);
            Settle(_core.Advance(_clock.Now, _events));
            return taken;
        }
    }

    public bool CanEverFit(SimSequence sequence) => _core.Cache.CanEverFit(sequence);

    public void Cancel(SimSequence sequence)
    {
        lock (_gate)
        {
            _core.Cancel(sequence, _events);
            Settle(_core.Advance(_clock.Now, _events));
        }
    }

    public void Loaded(SimSequence sequence)
    {
        lock (_gate)
        {
            _core.Loaded(sequence);
            Settle(_core.Advance(_clock.Now, _events));
        }
    }

    public void LoadFailed(SimSequence sequence, bool recompute)
    {
        lock (_gate)
        {
            _core.LoadFailed(sequence, recompute, _events);
            Settle(_core.Advance(_clock.Now, _events));
        }
    }

    public KvPullResult ClaimKv(string requestId, ReadOnlySpan<int> blockIds, string reader, out int tokens)
    {
        lock (_gate)
        {
            // First what has expired by now.
            Settle(_core.Advance(_clock.Now, _events));
            return _core.Cache.Leases.Claim(requestId, blockIds, reader, out tokens);
        }
    }

    public bool ReleaseKv(string requestId, string? reader)
    {
        lock (_gate)
        {
            var released = _core.Cache.Leases.Release(requestId, reader);
            Settle(_core.Advance(_clock.Now, _events));
            return released;
        }
    }

    public void ReleaseAllKv()
    {
        lock (_gate)
        {
            _core.Cache.Leases.ReleaseAll();
            Settle(_core.Advance(_clock.Now, _events));
        }
    }

    public EngineSnapshot Read()
    {
        lock (_gate)
        {
            Settle(_core.Advance(_clock.Now, _events));
            var cache = _core.Cache;
            return new EngineSnapshot(
                _core.Running, _core.Waiting, _core.QueuedTokens, cache.Total, cache.InUse, cache.Cached, cache.Leases.Count, cache.Leases.Blocks, EngineTotals.Of(_core.Counters));
        }
    }

    public T ReadLatencies<T>(Func<LatencyRecord, T> read)
    {
        lock (_gate)
        {
            return read(_latencies);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        _timer.Dispose();
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _isTimerSet = false;
            if (!_isDisposed)
            {
                Settle(_core.Advance(_clock.Now, _events));
            }
        }
    }

    private void OnFaultsChanged()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _core.Slowness = _faults.Slowness;
            _core.IsHalted = _faults.IsHalted;
            if (_core.IsHalted)
            {
                _clock.Halt();
            }
            else
            {
                _clock.GoOn();
            }

            Settle(_core.Advance(_clock.Now, _events));
        }
    }

    /// <summary>Tells who waits, and sets the timer for what is due next.</summary>
    private void Settle(Monotonic? due)
    {
        foreach (var (kind, sequence, elapsed) in _events)
        {
            if (kind is EngineEventKind.FirstToken or EngineEventKind.Token)
            {
                _latencies.OnToken(elapsed, kind == EngineEventKind.FirstToken);
            }
            else if (kind == EngineEventKind.Over)
            {
                _latencies.OnOver(sequence);
            }

            (sequence.Owner as Wakeup)?.Signal();
        }

        _events.Clear();
        if (_isDisposed)
        {
            return;
        }

        if (due is not { } at || _core.IsHalted)
        {
            if (_isTimerSet)
            {
                _isTimerSet = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }

            return;
        }

        if (_isTimerSet && at == _timerSetFor)
        {
            return;
        }

        // Timers are of whole milliseconds: a step that ends in between is found at the next, at its own time.
        var wait = TimeSpan.FromMilliseconds(Math.Ceiling((at - _clock.Now).TotalMilliseconds));
        _isTimerSet = true;
        _timerSetFor = at;
        _timer.Change(wait < ShortestTimer ? ShortestTimer : wait, Timeout.InfiniteTimeSpan);
    }
}
