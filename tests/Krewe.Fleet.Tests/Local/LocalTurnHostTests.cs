using Krewe.Fleet.Local;
using Krewe.Testing;

namespace Krewe.Fleet.Tests.Local;

public sealed class LocalTurnHostTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly ManualScheduler _scheduler = new();
    private readonly Mailbox _mailbox;
    private int _fired;

    public LocalTurnHostTests() => _mailbox = new Mailbox(_scheduler, 100, error => throw error);

    [Fact]
    public void A_timer_fires_once_for_each_time_it_is_scheduled()
    {
        var timer = new LocalTurnHost(_mailbox, _time).CreateTimer(() => _fired++);

        Turn(() => timer.Schedule(TimeSpan.FromSeconds(1)));
        Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal(0, _fired);
        Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, _fired);
        Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, _fired);
        Turn(() => timer.Schedule(TimeSpan.FromSeconds(-5)));
        Advance(TimeSpan.Zero);
        Assert.Equal(2, _fired);
    }

    [Fact]
    public void Its_callback_is_a_turn()
    {
        SynchronizationContext? seen = null;
        var timer = new LocalTurnHost(_mailbox, _time).CreateTimer(() => seen = SynchronizationContext.Current);

        Turn(() => timer.Schedule(TimeSpan.FromSeconds(1)));
        Advance(TimeSpan.FromSeconds(1));

        Assert.Same(_mailbox, seen);
    }

    [Fact]
    public void A_fire_that_was_queued_before_the_timer_was_moved_does_not_run()
    {
        var timer = new LocalTurnHost(_mailbox, _time).CreateTimer(() => _fired++);
        Turn(() => timer.Schedule(TimeSpan.FromSeconds(1)));

        Turn(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            timer.Schedule(TimeSpan.FromSeconds(1));
        });
        _scheduler.RunAll();
        Assert.Equal(0, _fired);

        Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, _fired);
        Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, _fired);
    }

    [Fact]
    public void Two_fires_that_wait_at_once_run_once()
    {
        var timer = new LocalTurnHost(_mailbox, _time).CreateTimer(() => _fired++);
        Turn(() => timer.Schedule(TimeSpan.FromSeconds(1)));

        Turn(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            timer.Schedule(TimeSpan.FromSeconds(1));
            _time.Advance(TimeSpan.FromSeconds(1));
        });
        _scheduler.RunAll();

        Assert.Equal(1, _fired);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_fire_that_was_queued_before_the_timer_was_cancelled_does_not_run(bool dispose)
    {
        var timer = new LocalTurnHost(_mailbox, _time).CreateTimer(() => _fired++);
        Turn(() => timer.Schedule(TimeSpan.FromSeconds(1)));

        Turn(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            if (dispose)
            {
                timer.Dispose();
            }
            else
            {
                timer.Cancel();
            }
        });
        Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(0, _fired);
    }

    [Fact]
    public void A_clock_whose_timers_come_early_does_not_make_it_early_nor_lose_it()
    {
        var early = new EarlyTimeProvider(_time, TimeSpan.FromMilliseconds(4));
        var timer = new LocalTurnHost(_mailbox, early).CreateTimer(() => _fired++);

        Turn(() => timer.Schedule(TimeSpan.FromMilliseconds(100)));
        Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal(0, _fired);
        Advance(TimeSpan.FromMilliseconds(2));
        Assert.Equal(1, _fired);
    }

    private void Turn(Action act) => Assert.True(_mailbox.CallAsync(act, run =>
    {
        run();
        return ValueTask.FromResult(true);
    }).AsTask().IsCompletedSuccessfully);

    private void Advance(TimeSpan by)
    {
        var end = _time.Elapsed + by;
        while (_time.NextTimerIn is { } next && _time.Elapsed + next <= end)
        {
            _time.Advance(next);
            _scheduler.RunAll();
        }

        _time.Advance(end - _time.Elapsed);
        _scheduler.RunAll();
    }

    /// <summary>As a clock whose timers count coarser than its stamps.</summary>
    private sealed class EarlyTimeProvider(ManualTimeProvider inner, TimeSpan by) : TimeProvider
    {
        public override long TimestampFrequency => inner.TimestampFrequency;

        public override long GetTimestamp() => inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new EarlyTimer(inner.CreateTimer(callback, state, dueTime, period), by);

        private sealed class EarlyTimer(ITimer timer, TimeSpan by) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime > by ? dueTime - by : dueTime, period);

            public void Dispose() => timer.Dispose();

            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }
}
