namespace Krewe.Engines.Http;

/// <summary>
/// Cancels when nothing has happened for a time. One timer per stream, however many events: an event only notes the
/// time, and the timer, when it fires, waits for the rest. Thread-safe.
/// </summary>
public sealed class IdleWatch : IDisposable
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _limit;
    private readonly CancellationTokenSource _source;
    private readonly ITimer _timer;
    private long _last;
    private int _expired;

    /// <param name="time">The clock.</param>
    /// <param name="limit">The longest silence.</param>
    /// <param name="cancellationToken">Cancels too, without counting as expired.</param>
    public IdleWatch(TimeProvider time, TimeSpan limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        _time = time;
        _limit = limit;
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _last = time.GetTimestamp();
        _timer = time.CreateTimer(static state => ((IdleWatch)state!).OnTimer(), this, limit, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Cancelled when the limit is over, or the caller's token is.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether it was the silence that cancelled.</summary>
    public bool Expired => Volatile.Read(ref _expired) != 0;

    /// <summary>Something happened.</summary>
    public void Touch() => Volatile.Write(ref _last, _time.GetTimestamp());

    public void Dispose()
    {
        _timer.Dispose();
        _source.Dispose();
    }

    private void OnTimer()
    {
        var left = _limit - _time.GetElapsedTime(Volatile.Read(ref _last));
        try
        {
            if (left > TimeSpan.Zero)
            {
                _timer.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }

            Volatile.Write(ref _expired, 1);
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The stream ended while the timer fired.
        }
    }
}
