using Krewe.Fleet.Local;
using Krewe.Testing;

namespace Krewe.Fleet.Tests.Local;

public sealed class MailboxTests
{
    private readonly ManualScheduler _scheduler = new();
    private readonly List<Exception> _failed = [];

    [Fact]
    public async Task Turns_never_overlap_under_heavy_contention()
    {
        const int Callers = 32;
        const int Rounds = 500;
        var mailbox = new Mailbox(new ThreadPoolTurnScheduler(), 1_000_000, _failed.Add);
        var inside = 0;
        var overlaps = 0;
        var unguarded = 0;

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                var awaits = (caller + round) % 3;
                Assert.Equal(awaits, await mailbox.CallAsync(awaits, TurnAsync));
            }
        })));

        Assert.Equal(0, overlaps);
        Assert.Equal(Callers * Rounds, unguarded);
        Assert.Empty(_failed);

        async ValueTask<int> TurnAsync(int awaits)
        {
            Segment();
            for (var i = 0; i < awaits; i++)
            {
                await Task.Yield();
                Segment();
            }

            unguarded++;
            return awaits;
        }

        void Segment()
        {
            if (Interlocked.Increment(ref inside) != 1)
            {
                Interlocked.Increment(ref overlaps);
            }

            Thread.SpinWait(20);
            Interlocked.Decrement(ref inside);
        }
    }

    [Fact]
    public async Task What_follows_an_await_is_a_turn_and_waits_for_the_one_that_runs()
    {
        var mailbox = NewMailbox();
        var gate = new TaskCompletionSource();
        var steps = new List<string>();
        var first = mailbox.CallAsync(0, async _ =>
        {
            steps.Add("first begins");
            await gate.Task;
            Assert.Same(mailbox, SynchronizationContext.Current);
            steps.Add("first goes on");
            return 1;
        });
        await mailbox.CallAsync(0, _ =>
        {
            var another = new Thread(gate.SetResult);
            another.Start();
            another.Join();
            steps.Add("second");
            return ValueTask.FromResult(2);
        });
        _scheduler.RunAll();

        Assert.Equal(1, await first);
        Assert.Equal(["first begins", "second", "first goes on"], steps);
    }

    [Fact]
    public void A_call_on_an_idle_actor_runs_on_the_callers_thread_and_asks_no_scheduler()
    {
        var mailbox = NewMailbox();
        var outer = new SynchronizationContext();
        SynchronizationContext.SetSynchronizationContext(outer);
        try
        {
            (int Thread, SynchronizationContext? Context) seen = default;
            var call = mailbox.CallAsync(0, _ =>
            {
                seen = (Environment.CurrentManagedThreadId, SynchronizationContext.Current);
                return ValueTask.FromResult(true);
            });

            Assert.True(call.IsCompletedSuccessfully);
            Assert.Equal((Environment.CurrentManagedThreadId, mailbox), seen);
            Assert.Equal(0, _scheduler.Waiting);
            Assert.Same(outer, SynchronizationContext.Current);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }
    }

    [Fact]
    public async Task Calls_that_wait_run_in_their_order_and_beyond_a_few_not_on_the_callers_thread()
    {
        var mailbox = NewMailbox();
        var order = new List<int>();
        var calls = new List<Task<int>>();
        await mailbox.CallAsync(0, _ =>
        {
            for (var i = 0; i < 50; i++)
            {
                calls.Add(mailbox.CallAsync(i, number =>
                {
                    order.Add(number);
                    return ValueTask.FromResult(number);
                }).AsTask());
            }

            return ValueTask.FromResult(0);
        });

        Assert.InRange(order.Count, 1, 49);
        Assert.Equal(1, _scheduler.Waiting);
        _scheduler.RunAll();
        Assert.Equal(Enumerable.Range(0, 50), order);
        Assert.Equal(Enumerable.Range(0, 50), await Task.WhenAll(calls));
    }

    [Fact]
    public async Task A_full_mailbox_refuses_calls_but_no_continuations()
    {
        var mailbox = new Mailbox(_scheduler, 2, _failed.Add);
        var gate = new TaskCompletionSource();
        var waiting = mailbox.CallAsync(0, async _ =>
        {
            await gate.Task;
            return 7;
        });
        var ran = 0;
        await mailbox.CallAsync(0, async _ =>
        {
            var calls = Enumerable.Range(0, 2).Select(_ => mailbox.CallAsync(0, _ => ValueTask.FromResult(++ran)).AsTask()).ToArray();
            gate.SetResult();
            var refused = mailbox.CallAsync(0, _ => ValueTask.FromResult(++ran));
            Assert.True(refused.IsFaulted);
            await Assert.ThrowsAsync<MailboxFullException>(() => refused.AsTask());
            return calls;
        });
        _scheduler.RunAll();

        Assert.Equal(7, await waiting);
        Assert.Equal(2, ran);
        Assert.Equal(3, await mailbox.CallAsync(0, _ => ValueTask.FromResult(++ran)));
    }

    [Fact]
    public async Task An_exception_of_a_turn_is_its_callers_to_see()
    {
        var mailbox = NewMailbox();
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => mailbox.CallAsync<int, int>(0, _ => throw new InvalidTimeZoneException()).AsTask());

        Task<int>? queued = null;
        Task<int>? queuedAsync = null;
        await mailbox.CallAsync(0, _ =>
        {
            queued = mailbox.CallAsync<int, int>(0, _ => throw new InvalidTimeZoneException()).AsTask();
            queuedAsync = mailbox.CallAsync<int, int>(0, async _ =>
            {
                await Task.Yield();
                throw new InvalidTimeZoneException();
            }).AsTask();
            return ValueTask.FromResult(0);
        });
        _scheduler.RunAll();

        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => queued!);
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => queuedAsync!);
        Assert.Equal(5, await mailbox.CallAsync(5, number => ValueTask.FromResult(number)));
        Assert.Empty(_failed);
    }

    [Fact]
    public async Task An_exception_that_is_nobodys_is_reported_and_the_turns_behind_it_run()
    {
        var mailbox = NewMailbox();
        mailbox.Post(_ => throw new InvalidTimeZoneException(), null);
        var behind = mailbox.CallAsync(3, number => ValueTask.FromResult(number));
        _scheduler.RunAll();

        Assert.Equal(3, await behind);
        Assert.IsType<InvalidTimeZoneException>(Assert.Single(_failed));
        Assert.Equal(4, await mailbox.CallAsync(4, number => ValueTask.FromResult(number)));
    }

    [Fact]
    public async Task A_caller_is_not_resumed_within_the_actors_turn()
    {
        var mailbox = new Mailbox(new ThreadPoolTurnScheduler(), 100, _failed.Add);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var call = Task.Run(async () =>
        {
            await mailbox.CallAsync(0, async _ =>
            {
                await gate.Task;
                return 0;
            });
            return SynchronizationContext.Current;
        });
        gate.SetResult();

        Assert.Null(await call.WaitAsync(Eventually.DefaultDeadline));
    }

    [Fact]
    public void A_turn_cannot_block_on_another()
    {
        Assert.Throws<NotSupportedException>(() => NewMailbox().Send(_ => { }, null));
    }

    private Mailbox NewMailbox() => new(_scheduler, 1000, _failed.Add);
}
