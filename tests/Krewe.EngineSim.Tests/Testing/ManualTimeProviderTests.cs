using Krewe.Core.Time;
using Krewe.Testing;

namespace Krewe.EngineSim.Tests.Testing;

/// <summary>The clock that tests move must itself be right.</summary>
public sealed class ManualTimeProviderTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<string> _fired = [];

    private ITimer Timer(string name, double dueMs, double? periodMs = null) => _time.CreateTimer(
        _ => _fired.Add($"{name}@{_time.Elapsed.TotalMilliseconds}"), null, TimeSpan.FromMilliseconds(dueMs),
        periodMs is { } period ? TimeSpan.FromMilliseconds(period) : Timeout.InfiniteTimeSpan);

    [Fact]
    public void DueTimers_FireInOrder_EachAtItsTime()
    {
        using var c = Timer("c", 30);
        using var a = Timer("a", 10);
        using var b = Timer("b", 10);
        using var never = Timer("never", 100);
        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal(["a@10", "b@10", "c@30"], _fired);
        Assert.Equal(1, _time.ArmedTimers);
        Assert.Equal(TimeSpan.FromMilliseconds(1), _time.NextTimerIn);
    }

    [Fact]
    public void APeriodicTimer_FiresEachTime_UntilItIsDisposed()
    {
        var timer = Timer("p", 5, 10);
        _time.Advance(TimeSpan.FromMilliseconds(30));
        Assert.Equal(["p@5", "p@15", "p@25"], _fired);
        timer.Dispose();
        Assert.False(timer.Change(TimeSpan.Zero, TimeSpan.Zero));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(3, _fired.Count);
    }

    [Fact]
    public void ATimerArmedByACallback_FiresInTheSameAdvance()
    {
        using var second = Timer("second", 1_000_000);
        using var first = _time.CreateTimer(_ => second.Change(TimeSpan.FromMilliseconds(5), Timeout.InfiniteTimeSpan), null, TimeSpan.FromMilliseconds(10), Timeout.InfiniteTimeSpan);
        _time.Advance(TimeSpan.FromMilliseconds(20));
        Assert.Equal(["second@15"], _fired);
    }

    [Fact]
    public void ATimerWithoutDelay_FiresAtTheNextAdvance_OfNothingToo()
    {
        using var timer = Timer("now", 0);
        Assert.Empty(_fired);
        _time.Advance(TimeSpan.Zero);
        Assert.Equal(["now@0"], _fired);
    }

    [Fact]
    public void AdvanceToNextTimer_GoesExactlyThere()
    {
        using var timer = Timer("t", 42);
        Assert.True(_time.AdvanceToNextTimer());
        Assert.Equal(["t@42"], _fired);
        Assert.False(_time.AdvanceToNextTimer());
    }

    [Fact]
    public void Timestamps_AreNotTicks_ButConvertExactly()
    {
        Assert.NotEqual(TimeSpan.TicksPerSecond, _time.TimestampFrequency);
        var (stamp, monotonic, wall) = (_time.GetTimestamp(), _time.GetMonotonic(), _time.GetUtcNow());
        _time.Advance(TimeSpan.FromTicks(123_456_789));
        Assert.Equal(123_456_789, _time.GetElapsedTime(stamp).Ticks);
        Assert.Equal(123_456_789, (_time.GetMonotonic() - monotonic).Ticks);
        Assert.Equal(123_456_789, (_time.GetUtcNow() - wall).Ticks);
    }

    [Fact]
    public async Task TaskDelay_EndsWhenTheClockIsThere()
    {
        var delay = Task.Delay(TimeSpan.FromSeconds(1), _time);
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(delay.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await delay.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Eventually_SaysWhatItAwaited()
    {
        var error = await Assert.ThrowsAsync<TimeoutException>(() => Eventually.EqualAsync(1, () => 2, TimeSpan.Zero));
        Assert.Contains("() => 2 to be 1", error.Message, StringComparison.Ordinal);
        Assert.Contains("Last read: 2", error.Message, StringComparison.Ordinal);
    }
}
