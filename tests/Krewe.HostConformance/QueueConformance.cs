using Krewe.Core.Requests;
using Krewe.Testing;
using Xunit;

namespace Krewe.HostConformance;

/// <summary>Requests that find no room: who waits, in what order, and how a wait ends.</summary>
public abstract class QueueConformance(HostFixture host) : ConformanceTest(host)
{
    [Fact]
    public async Task Without_room_requests_wait_and_are_placed_in_their_order()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a", limit: 1);
        var first = pool.Request();
        await first.ServeAsync();
        var (second, secondStep) = await pool.QueueAsync();
        var (third, thirdStep) = await pool.QueueAsync();

        await first.CompleteAsync();
        Assert.NotNull((await secondStep.WaitAsync(Eventually.DefaultDeadline)).Binding);
        await Eventually.EqualAsync(1, () => pool.Slot.Admission.Waiting);
        Assert.False(thirdStep.IsCompleted);
        await second.CompleteAsync();
        Assert.NotNull((await thirdStep.WaitAsync(Eventually.DefaultDeadline)).Binding);
        await third.CompleteAsync();
        await pool.IdleAsync();
    }

    [Fact]
    public async Task A_waiting_request_is_placed_when_another_instance_joins()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a", limit: 1);
        var first = pool.Request();
        await first.ServeAsync();
        var (second, step) = await pool.QueueAsync();

        await pool.RegisterAsync("b");

        Assert.Equal(pool.Id("b"), (await step.WaitAsync(Eventually.DefaultDeadline)).Binding!.Decode.Instance);
        await first.CompleteAsync();
        await second.CompleteAsync();
        await pool.IdleAsync();
    }

    [Fact]
    public async Task Whoever_comes_later_does_not_overtake_the_queue()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a", limit: 1);
        var first = pool.Request();
        await first.ServeAsync();
        var (second, secondStep) = await pool.QueueAsync();
        var (third, thirdStep) = await pool.QueueAsync();
        await first.CompleteAsync();
        await secondStep.WaitAsync(Eventually.DefaultDeadline);
        await Eventually.EqualAsync(1, () => pool.Slot.Admission.Waiting);

        // There is one place; the third waits for it already when the fourth comes.
        var (fourth, fourthStep) = await pool.QueueAsync();
        await second.CompleteAsync();

        Assert.NotNull((await thirdStep.WaitAsync(Eventually.DefaultDeadline)).Binding);
        Assert.False(fourthStep.IsCompleted);
        await third.CompleteAsync();
        await fourthStep.WaitAsync(Eventually.DefaultDeadline);
        await fourth.CompleteAsync();
        await pool.IdleAsync();
    }

    [Fact]
    public async Task A_full_queue_refuses()
    {
        var pool = await PoolAsync(pool => Steady(pool) with { QueueLimit = 1 });
        await pool.ActivateAsync("a", limit: 1);
        var first = pool.Request();
        await first.ServeAsync();
        var (second, secondStep) = await pool.QueueAsync();

        var third = pool.Request();
        Assert.Equal(RequestOutcome.QueueFull, (await third.StartAsync()).Outcome);

        await first.CompleteAsync();
        await secondStep.WaitAsync(Eventually.DefaultDeadline);
        await second.CompleteAsync();
        await pool.IdleAsync();
    }

    [Fact]
    public async Task A_deadline_ends_the_wait_in_the_queue()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a", limit: 1);
        var first = pool.Request();
        await first.ServeAsync();

        var step = await pool.Request(pool.Spec(deadline: TimeSpan.FromMilliseconds(150))).StartAsync();

        Assert.Equal(RequestOutcome.DeadlineExceeded, step.Outcome);
        await first.CompleteAsync();
        await pool.IdleAsync();
    }

    [Fact]
    public async Task The_longest_wait_of_the_pool_ends_it_too()
    {
        var pool = await PoolAsync(pool => Steady(pool) with { QueueMaxWait = TimeSpan.FromMilliseconds(150) });
        await pool.ActivateAsync("a", limit: 1);
        var first = pool.Request();
        await first.ServeAsync();

        Assert.Equal(RequestOutcome.Overloaded, (await pool.Request().StartAsync()).Outcome);
        await first.CompleteAsync();
        await pool.IdleAsync();
    }

    [Fact]
    public async Task A_client_that_leaves_leaves_the_queue()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a", limit: 1);
        var first = pool.Request();
        await first.ServeAsync();
        using var gone = new CancellationTokenSource();
        var (_, left) = await pool.QueueAsync(pool.Spec(clientGone: gone.Token));
        var (third, thirdStep) = await pool.QueueAsync();

        await gone.CancelAsync();

        Assert.Equal(RequestOutcome.ClientGone, (await left.WaitAsync(Eventually.DefaultDeadline)).Outcome);
        await Eventually.EqualAsync(1, () => pool.Slot.Admission.Waiting);
        await first.CompleteAsync();
        Assert.NotNull((await thirdStep.WaitAsync(Eventually.DefaultDeadline)).Binding);
        await third.CompleteAsync();
        await pool.IdleAsync();
    }

    [Fact]
    public async Task A_request_that_is_ended_while_it_waits_leaves_the_queue_at_once()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a", limit: 1);
        var first = pool.Request();
        await first.ServeAsync();
        var (second, step) = await pool.QueueAsync();

        await second.EndAsync(RequestOutcome.Draining, AttemptCause.SiloDraining);

        Assert.Equal(RequestOutcome.Draining, (await step.WaitAsync(Eventually.DefaultDeadline)).Outcome);
        await Eventually.EqualAsync(0, () => pool.Slot.Admission.Waiting);
        await first.CompleteAsync();
        await pool.IdleAsync();
    }
}
