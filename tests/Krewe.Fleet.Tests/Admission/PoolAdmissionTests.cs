using Krewe.Core.Retry;
using Krewe.Core.Time;
using Krewe.Fleet.Admission;
using Krewe.Testing;

namespace Krewe.Fleet.Tests.Admission;

public sealed class PoolAdmissionTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly PoolAdmission _queue;

    public PoolAdmissionTests() => _queue = new PoolAdmission(_time);

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task The_first_try_is_free_and_the_next_waits_for_news()
    {
        using var waiter = Enter();
        Assert.Equal(AdmissionTurn.Try, await TurnOf(waiter));
        var next = TurnOf(waiter);
        Assert.False(next.IsCompleted);

        _queue.Signal();

        Assert.Equal(AdmissionTurn.Try, await next.WaitAsync(Eventually.DefaultDeadline));
    }

    [Fact]
    public async Task News_that_come_during_a_try_are_not_lost()
    {
        using var waiter = Enter();
        await TurnOf(waiter);

        _queue.Signal();

        Assert.Equal(AdmissionTurn.Try, await TurnOf(waiter).WaitAsync(Eventually.DefaultDeadline));
    }

    [Fact]
    public async Task Only_the_first_is_woken_and_when_it_leaves_the_next()
    {
        var (first, second, third) = (Enter(), Enter(), Enter());
        await TurnOf(first);
        var (firstTurn, secondTurn, thirdTurn) = (TurnOf(first), TurnOf(second), TurnOf(third));
        _queue.Signal();
        await firstTurn.WaitAsync(Eventually.DefaultDeadline);
        Assert.False(secondTurn.IsCompleted);
        Assert.Equal(3, _queue.Waiting);

        first.Dispose();
        await secondTurn.WaitAsync(Eventually.DefaultDeadline);
        Assert.False(thirdTurn.IsCompleted);
        second.Dispose();
        second.Dispose();
        await thirdTurn.WaitAsync(Eventually.DefaultDeadline);
        Assert.Equal(1, _queue.Waiting);
        third.Dispose();
        Assert.Equal(0, _queue.Waiting);
    }

    [Fact]
    public async Task Who_gives_up_in_the_middle_leaves_the_order_of_the_others()
    {
        using var gone = new CancellationTokenSource();
        var (first, second, third) = (Enter(), Enter(), Enter());
        var secondTurn = second.NextTurnAsync(gone.Token).AsTask();
        var thirdTurn = TurnOf(third);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => secondTurn);
        second.Dispose();
        Assert.False(thirdTurn.IsCompleted);

        first.Dispose();

        Assert.Equal(AdmissionTurn.Try, await thirdTurn.WaitAsync(Eventually.DefaultDeadline));
        third.Dispose();
    }

    [Fact]
    public async Task Who_is_woken_and_gives_up_at_the_same_time_passes_the_turn_on()
    {
        using var gone = new CancellationTokenSource();
        var (first, second) = (Enter(), Enter());
        await TurnOf(first);
        var firstTurn = first.NextTurnAsync(gone.Token).AsTask();
        var secondTurn = TurnOf(second);
        _queue.Signal();
        await gone.CancelAsync();
        await firstTurn.ContinueWith(_ => { }, TaskScheduler.Default);

        first.Dispose();

        Assert.Equal(AdmissionTurn.Try, await secondTurn.WaitAsync(Eventually.DefaultDeadline));
        second.Dispose();
    }

    [Fact]
    public async Task Whose_time_is_over_is_told_wherever_they_stand_and_the_next_tries()
    {
        var first = Enter(TimeSpan.FromSeconds(10));
        var second = Enter(TimeSpan.FromSeconds(2));
        var third = Enter(TimeSpan.FromSeconds(30));
        await TurnOf(first);
        var (firstTurn, secondTurn, thirdTurn) = (TurnOf(first), TurnOf(second), TurnOf(third));

        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(AdmissionTurn.Expired, await secondTurn.WaitAsync(Eventually.DefaultDeadline));
        Assert.Equal(2, _queue.Waiting);
        Assert.False(firstTurn.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(8));
        Assert.Equal(AdmissionTurn.Expired, await firstTurn.WaitAsync(Eventually.DefaultDeadline));
        Assert.Equal(AdmissionTurn.Try, await thirdTurn.WaitAsync(Eventually.DefaultDeadline));
        Assert.Equal(AdmissionTurn.Expired, await TurnOf(first));
        first.Dispose();
        second.Dispose();
        third.Dispose();
        Assert.Equal(0, _queue.Waiting);
    }

    [Fact]
    public void A_full_queue_lets_nobody_in_until_one_leaves()
    {
        using var first = Enter(limit: 2);
        var second = Enter(limit: 2);
        Assert.Null(_queue.TryEnter(Deadline.In(TimeSpan.FromMinutes(1), _time.GetMonotonic()), 2));

        second.Dispose();

        using var third = Enter(limit: 2);
        Assert.Null(_queue.TryEnter(Deadline.In(TimeSpan.FromMinutes(1), _time.GetMonotonic()), 0));
        Assert.Equal(2, _queue.Waiting);
    }

    [Fact]
    public async Task Without_anybody_waiting_news_cost_nothing_and_are_not_kept()
    {
        _queue.Signal();
        using var waiter = Enter();
        await TurnOf(waiter);

        Assert.False(TurnOf(waiter).IsCompleted);
    }

    [Fact]
    public async Task Under_concurrency_everybody_is_placed_and_nobody_sleeps_through_room()
    {
        const int Requests = 400;
        const int Rounds = 5;
        var room = 3;
        var most = 0;

        for (var round = 0; round < Rounds; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, Requests).Select(_ => Task.Run(ServeAsync))).WaitAsync(TimeSpan.FromSeconds(60));
            Assert.Equal(0, _queue.Waiting);
        }

        Assert.Equal(3, room);
        Assert.InRange(most, 1, 3);

        async Task ServeAsync()
        {
            using (var waiter = Enter(limit: Requests))
            {
                while (!TryTake())
                {
                    Assert.Equal(AdmissionTurn.Try, await waiter.NextTurnAsync(default));
                }
            }

            await Task.Yield();
            Interlocked.Increment(ref room);
            _queue.Signal();
        }

        bool TryTake()
        {
            var left = Interlocked.Decrement(ref room);
            if (left < 0)
            {
                // Somebody may have been kept out by this very look: it counts as news.
                Interlocked.Increment(ref room);
                _queue.Signal();
                return false;
            }

            InterlockedMax(ref most, 3 - left);
            return true;
        }

        static void InterlockedMax(ref int to, int value)
        {
            for (var seen = to; seen < value; seen = to)
            {
                Interlocked.CompareExchange(ref to, value, seen);
            }
        }
    }

    [Fact]
    public async Task Who_lost_an_instance_goes_before_all_that_never_had_one_and_is_never_refused()
    {
        var first = Enter(limit: 1);
        using var resuming = _queue.Resume(Soon());
        var turn = TurnOf(resuming);
        Assert.Equal(AdmissionTurn.Try, await turn.WaitAsync(Eventually.DefaultDeadline));
        var firstTurn = TurnOf(first);
        Assert.False(firstTurn.IsCompleted);
        Assert.Equal(2, _queue.Waiting);

        resuming.Dispose();

        Assert.Equal(AdmissionTurn.Try, await firstTurn.WaitAsync(Eventually.DefaultDeadline));
        first.Dispose();
        Assert.Equal(0, _queue.Waiting);
    }

    [Fact]
    public async Task Who_passes_lets_the_next_try_and_tries_again_after_news()
    {
        using var resuming = _queue.Resume(Soon());
        using var fresh = Enter();
        await TurnOf(resuming);
        var freshTurn = TurnOf(fresh);
        Assert.False(freshTurn.IsCompleted);

        resuming.Pass();
        Assert.Equal(AdmissionTurn.Try, await freshTurn.WaitAsync(Eventually.DefaultDeadline));
        var again = TurnOf(resuming);
        Assert.False(again.IsCompleted);

        _queue.Signal();
        Assert.Equal(AdmissionTurn.Try, await again.WaitAsync(Eventually.DefaultDeadline));
    }

    [Fact]
    public async Task News_that_come_while_one_tries_undo_its_passing()
    {
        using var resuming = _queue.Resume(Soon());
        await TurnOf(resuming);
        _queue.Signal();
        resuming.Pass();
        Assert.Equal(AdmissionTurn.Try, await TurnOf(resuming).WaitAsync(Eventually.DefaultDeadline));
    }

    [Fact]
    public async Task Who_lost_an_instance_waits_no_longer_than_its_time()
    {
        using var resuming = _queue.Resume(Deadline.In(TimeSpan.FromSeconds(5), _time.GetMonotonic()));
        await TurnOf(resuming);
        resuming.Pass();
        var turn = TurnOf(resuming);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(AdmissionTurn.Expired, await turn.WaitAsync(Eventually.DefaultDeadline));
        Assert.Equal(0, _queue.Waiting);
    }

    private static Task<AdmissionTurn> TurnOf(PoolAdmission.Waiter waiter) => waiter.NextTurnAsync(default).AsTask();

    private Deadline Soon() => Deadline.In(TimeSpan.FromMinutes(1), _time.GetMonotonic());

    private PoolAdmission.Waiter Enter(TimeSpan? within = null, int limit = 1000) =>
        _queue.TryEnter(Deadline.In(within ?? TimeSpan.FromMinutes(1), _time.GetMonotonic()), limit) ?? throw new InvalidOperationException("The queue is full.");
}
