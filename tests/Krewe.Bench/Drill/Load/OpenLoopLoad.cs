using Krewe.Bench.Drill.Record;

namespace Krewe.Bench.Drill.Load;

/// <summary>New requests at a steady rate, whatever becomes of those before; every one is recorded.</summary>
internal sealed class OpenLoopLoad : IAsyncDisposable
{
    private readonly PlanSource _plans;
    private readonly DrillClient _client;
    private readonly DrillClock _clock;
    private readonly double _rate;
    private readonly Lock _gate = new();
    private readonly List<RequestRecord> _records = [];
    private readonly List<Task> _running = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _arrivals;
    private CancellationTokenSource _leave = new();
    private volatile bool _isPaused;

    public OpenLoopLoad(ITargets targets, LoadShape shape, int seed, DrillClock clock)
    {
        _plans = new PlanSource(shape, seed);
        _client = new DrillClient(targets, clock);
        _clock = clock;
        _rate = shape.Rate;
        _arrivals = ArriveAsync();
    }

    public IReadOnlyList<RequestRecord> Records
    {
        get
        {
            lock (_gate)
            {
                return [.. _records];
            }
        }
    }

    /// <summary>Requests that are under way.</summary>
    public IReadOnlyList<RequestRecord> Live => [.. Records.Where(one => one.End == RecordedEnd.Running)];

    /// <summary>Streams whose last event came from this instance.</summary>
    public IReadOnlyList<RequestRecord> StreamsOn(string instance) =>
        [.. Live.Where(one => one.LastEvent is { Count: > 0 } last && last.Last.Source?.Instance == instance)];

    /// <summary>So many requests to one pool, all at once, beside the steady rate.</summary>
    public void Burst(string pool, int count)
    {
        for (var i = 0; i < count; i++)
        {
            Send(pool);
        }
    }

    /// <summary>No new requests until <see cref="GoOn"/>.</summary>
    public void Pause() => _isPaused = true;

    public void GoOn() => _isPaused = false;

    /// <summary>Breaks off every request that is under way, all at once.</summary>
    /// <returns>How many.</returns>
    public async Task<int> LeaveAllAsync()
    {
        CancellationTokenSource leave;
        int count;
        lock (_gate)
        {
            count = _records.Count(one => one.End == RecordedEnd.Running);
            leave = _leave;
            _leave = new CancellationTokenSource();
        }

        await leave.CancelAsync();
        return count;
    }

    /// <summary>No new requests any more; ends when the last one has.</summary>
    public async Task EndAsync()
    {
        await _stop.CancelAsync();
        await _arrivals.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_running);
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAllAsync();
        await EndAsync();
        _leave.Dispose();
        _stop.Dispose();
        _client.Dispose();
    }

    private async Task ArriveAsync()
    {
        var start = _clock.Now;
        for (var i = 0; ; i++)
        {
            var due = start + TimeSpan.FromSeconds(i / _rate);
            if (due - _clock.Now is var wait && wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, _stop.Token);
            }

            _stop.Token.ThrowIfCancellationRequested();
            if (!_isPaused)
            {
                Send(pool: null);
            }
        }
    }

    private void Send(string? pool)
    {
        lock (_gate)
        {
            var record = new RequestRecord(_plans.Next(pool), _clock.Now);
            _records.Add(record);
            var leave = _leave.Token;
            _running.Add(Task.Run(() => _client.RunAsync(record, leave)));
        }
    }
}
