using Krewe.Fleet.Ports;
using Krewe.Orleans.Turns;
using Krewe.Testing;
using Orleans.Concurrency;

namespace Krewe.Orleans.Tests.Turns;

[Reentrant]
internal sealed class TimerGrain(ManualTimeProvider clock) : Grain, ITimerGrain
{
    private ITurnTimer? _timer;
    private TimeSpan? _period;
    private int _fires;

    private ITurnTimer Timer => _timer ??= new GrainTurnHost(this, clock).CreateTimer(() =>
    {
        _fires++;
        if (_period is { } period)
        {
            Timer.Schedule(period);
        }
    });

    public ValueTask<int> FiresAsync() => ValueTask.FromResult(_fires);

    public ValueTask ScheduleAsync(TimeSpan due)
    {
        Timer.Schedule(due);
        return ValueTask.CompletedTask;
    }

    public ValueTask CancelWhenDueAsync(TimeSpan due)
    {
        LetFallDue(due);
        Timer.Cancel();
        return ValueTask.CompletedTask;
    }

    public ValueTask MoveWhenDueAsync(TimeSpan due, TimeSpan later)
    {
        LetFallDue(due);
        Timer.Schedule(later);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeWhenDueAsync(TimeSpan due)
    {
        LetFallDue(due);
        Timer.Dispose();
        Timer.Schedule(due);
        Timer.Dispose();
        return ValueTask.CompletedTask;
    }

    public ValueTask RepeatAsync(TimeSpan period)
    {
        _period = period;
        Timer.Schedule(period);
        return ValueTask.CompletedTask;
    }

    // The clock fires it within this turn: its tick is queued behind.
    private void LetFallDue(TimeSpan due)
    {
        Timer.Schedule(due);
        clock.Advance(due);
    }
}
