using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Protocols;
using Krewe.Core.Requests;
using Krewe.Core.Retry;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Requests;
using Krewe.Testing;
using Xunit;

namespace Krewe.HostConformance;

/// <summary>A request: routed, bound, retried, ended, and nothing left of it.</summary>
public abstract class RequestConformance(HostFixture host) : ConformanceTest(host)
{
    [Fact]
    public async Task A_pair_is_bound_naming_both_epochs()
    {
        var pool = await PoolAsync();
        var prefill = await pool.ActivateAsync("p", "p-life", InstanceRole.Prefill);
        await pool.ActivateAsync("d", "d-life", InstanceRole.Prefill);
        var decode = await pool.ActivateAsync("d", "d-life", InstanceRole.Decode);

        var request = pool.Request();
        var step = await request.ServeAsync();

        Assert.Equal(new AttemptId(request.Id, 1), step.Attempt);
        Assert.Equal(new InstanceBinding(pool.Id("p"), prefill, new IncarnationId("p-life"), pool.Url("p"), EngineProtocol.Vllm), step.Binding!.Prefill);
        Assert.Equal(new InstanceBinding(pool.Id("d"), decode, new IncarnationId("d-life"), pool.Url("d"), EngineProtocol.Vllm), step.Binding.Decode);
        Assert.NotEqual(prefill, decode);
        Assert.False(step.EpochLost.IsCancellationRequested);
        await pool.ReservedAsync("p", 1);
        await pool.ReservedAsync("d", 1);
        Assert.Equal(2, Host.Services.Reservations.ByInstance().Where(group => group.Key.Instance.Pool == pool.Name).Sum(group => group.Count()));

        await request.Actor.PrefillDoneAsync(1);
        await pool.ReservedAsync("p", 0);
        await pool.ReservedAsync("d", 1);
        await request.Actor.FirstTokenAsync(1);
        await request.CompleteAsync();
        await pool.IdleAsync();
    }

    [Fact]
    public async Task A_mixed_instance_is_bound_once()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("m");

        var request = pool.Request();
        var step = await request.ServeAsync();

        Assert.Equal(step.Binding!.Prefill, step.Binding.Decode);
        await pool.ReservedAsync("m", 1);
        await request.CompleteAsync();
        await pool.IdleAsync();
    }

    [Fact]
    public async Task The_end_of_a_whole_answer_tells_of_its_first_token()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("m");
        var request = pool.Request();
        await request.ServeAsync();

        await request.Actor.EndAsync(new RequestEnd(RequestOutcome.Completed, AttemptCause.Completed, LegKind.Whole, 0));

        var ended = await Eventually.ReadAsync(async () => await request.Actor.DescribeAsync(), told => told?.Outcome is not null);
        Assert.NotNull(Assert.Single(ended!.Attempts).FirstTokenMs);
    }

    [Fact]
    public async Task What_may_not_be_split_goes_to_one_instance()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("p", role: InstanceRole.Prefill);
        await pool.ActivateAsync("d", role: InstanceRole.Decode);

        var request = pool.Request(pool.Spec(disaggregated: false));
        var step = await request.ServeAsync();

        Assert.False(step.Binding!.IsDisaggregated);
        Assert.Equal(pool.Id("d"), step.Binding.Decode.Instance);
        await request.CompleteAsync();
    }

    [Fact]
    public async Task A_full_instance_is_passed_over_though_the_view_still_shows_room()
    {
        var pool = await PoolAsync(pool => Steady(pool) with { Policy = "least-loaded" });
        var epoch = await pool.ActivateAsync("a", limit: 1);
        await pool.ActivateAsync("b", limit: 4);
        await pool.BindAsync("a", epoch, TestPool.NewLeg());
        await pool.BindAsync("b", epoch, TestPool.NewLeg());
        await pool.ReservedAsync("b", 1);
        pool.Deceive("a", view => view with { Load = default });

        var request = pool.Request();
        var step = await request.ServeAsync();

        Assert.Equal(pool.Id("b"), step.Binding!.Decode.Instance);
        Assert.Equal(1, step.Attempt.Number);
        await request.CompleteAsync();
    }

    [Fact]
    public async Task A_moved_epoch_is_passed_over()
    {
        var pool = await PoolAsync(pool => Steady(pool) with { Policy = "least-loaded" });
        await pool.ActivateAsync("a");
        var epoch = await pool.ActivateAsync("b");
        await pool.BindAsync("b", epoch, TestPool.NewLeg());
        await pool.ReservedAsync("b", 1);
        pool.Deceive("a", view => view with { Version = view.Version with { Epoch = view.Epoch.Next() } });

        var request = pool.Request();

        Assert.Equal(pool.Id("b"), (await request.ServeAsync()).Binding!.Decode.Instance);
        await request.CompleteAsync();
    }

    [Fact]
    public async Task A_refused_half_gives_the_other_back_when_no_pair_is_left()
    {
        var pool = await PoolAsync(pool => Steady(pool) with { QueueLimit = 0 });
        await pool.ActivateAsync("p", role: InstanceRole.Prefill, protocol: EngineProtocol.Vllm);
        var epoch = await pool.ActivateAsync("d", role: InstanceRole.Decode, limit: 1);
        var leg = TestPool.NewLeg();
        await pool.BindAsync("d", epoch, leg);
        pool.Deceive("d", view => view with { Load = default });

        var request = pool.Request();
        var step = await request.StartAsync();

        Assert.Equal(RequestOutcome.QueueFull, step.Outcome);
        Assert.Null(step.Binding);
        await pool.ReservedAsync("p", 0);
        Assert.Equal(1, (await pool.BindAsync("d", epoch, leg)).View!.Load.ReservedRequests);
        await request.EndAsync(step.Outcome, AttemptCause.InternalError);
    }

    [Fact]
    public async Task A_prefill_half_is_not_held_on_to_where_only_another_pair_has_room()
    {
        var pool = await PoolAsync(pool => Steady(pool) with { Policy = "least-loaded", QueueLimit = 0 });
        await RegisterAsync("p1", InstanceRole.Prefill, "east", 100);
        await RegisterAsync("d1", InstanceRole.Decode, "east", 1);
        await RegisterAsync("p2", InstanceRole.Prefill, "west", 4);
        await RegisterAsync("d2", InstanceRole.Decode, "west", 4);
        await pool.BindAsync("d1", new Epoch(1), TestPool.NewLeg());
        await pool.BindAsync("d2", new Epoch(1), TestPool.NewLeg());
        await pool.ReservedAsync("d2", 1);
        pool.Deceive("d1", view => view with { Load = default });

        var request = pool.Request();
        var step = await request.ServeAsync();

        Assert.Equal((pool.Id("p2"), pool.Id("d2")), (step.Binding!.Prefill.Instance, step.Binding.Decode.Instance));
        await pool.ReservedAsync("p1", 0);
        await request.CompleteAsync();

        async Task RegisterAsync(string name, InstanceRole role, string group, int limit)
        {
            await pool.Instance(name).RegisterAsync(pool.Registration(name, role: role, limit: limit) with { TransferGroup = new TransferGroup(group) });
            await pool.ReachAsync(name, Liveness.Active);
        }
    }

    [Fact]
    public async Task Without_any_instance_a_request_is_told_so()
    {
        var pool = await PoolAsync();

        Assert.Equal(RequestOutcome.NoInstance, (await pool.Request().StartAsync()).Outcome);
        await pool.IdleAsync();
    }

    [Fact]
    public async Task A_pool_that_is_not_there_serves_no_model()
    {
        var pool = await PoolAsync();
        var request = pool.Request(pool.Spec() with { Pool = new PoolName("not-there") });

        Assert.Equal(RequestOutcome.ModelNotFound, (await request.StartAsync()).Outcome);
        await request.EndAsync(RequestOutcome.ModelNotFound, AttemptCause.InternalError);
    }

    [Fact]
    public async Task A_failed_attempt_is_tried_elsewhere()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a");
        await pool.ActivateAsync("b");
        var request = pool.Request();
        var failed = await request.ServeAsync();

        var next = await request.FailAsync(failed, AttemptCause.EngineError);

        Assert.Equal(2, next.Attempt.Number);
        Assert.NotEqual(failed.Binding!.Decode.Instance, next.Binding!.Decode.Instance);
        await pool.ReservedAsync(failed.Binding.Decode.Instance.Name.Value, 0);
        await request.CompleteAsync();
        await pool.IdleAsync();
    }

    [Fact]
    public async Task A_failed_prefill_is_tried_on_another_prefill()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("p1", role: InstanceRole.Prefill);
        await pool.ActivateAsync("p2", role: InstanceRole.Prefill);
        await pool.ActivateAsync("d", role: InstanceRole.Decode);
        var request = pool.Request();
        var failed = await request.ServeAsync();

        var next = await request.FailAsync(failed, AttemptCause.EngineError, LegKind.Prefill);

        Assert.NotEqual(failed.Binding!.Prefill.Instance, next.Binding!.Prefill.Instance);
        Assert.Equal(pool.Id("d"), next.Binding.Decode.Instance);
        await request.CompleteAsync();
        await pool.IdleAsync();
    }

    [Fact]
    public async Task A_lost_epoch_is_signalled_and_failed_over()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a");
        await pool.ActivateAsync("b");
        var request = pool.Request();
        var step = await request.ServeAsync();
        var lost = step.Binding!.Decode;
        var signalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = step.EpochLost.Register(() => signalled.TrySetResult());
        Host.Probe.Set(lost.Url, ProbeResult.Refused);

        await Host.Actors.Instance(lost.Instance).ObserveAsync(new Observation(ObservationKind.ConnectionFailed, lost.Epoch));

        await signalled.Task.WaitAsync(Eventually.DefaultDeadline);
        var next = await request.FailAsync(step, AttemptCause.EpochLost);
        Assert.NotEqual(lost.Instance, next.Binding!.Decode.Instance);
        Assert.False(next.EpochLost.IsCancellationRequested);
        await request.CompleteAsync();
        await pool.IdleAsync();
    }

    [Fact]
    public async Task When_no_attempt_is_left_the_request_ends()
    {
        var pool = await PoolAsync(pool => Steady(pool) with { Retry = new RetryPolicy { Attempts = 2 } });
        await pool.ActivateAsync("a");
        var request = pool.Request();
        var second = await request.FailAsync(await request.ServeAsync(), AttemptCause.EngineError);

        var end = await request.FailAsync(second, AttemptCause.EngineError);

        Assert.Equal(RequestOutcome.EngineError, end.Outcome);
        Assert.Null(end.Binding);
        await pool.IdleAsync();
    }

    [Fact]
    public async Task A_request_that_was_ended_between_two_attempts_is_not_tried_again()
    {
        var pool = await PoolAsync(pool => Steady(pool) with { Retry = new RetryPolicy { Backoff = new BackoffPolicy(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5)) } });
        await pool.ActivateAsync("a");
        var request = pool.Request();
        var step = await request.ServeAsync();
        var next = request.FailAsync(step, AttemptCause.EngineError);
        await pool.ReservedAsync("a", 0);

        await request.EndAsync(RequestOutcome.ClientGone, AttemptCause.ClientGone);

        Assert.Equal(RequestOutcome.ClientGone, (await next.WaitAsync(Eventually.DefaultDeadline)).Outcome);
        await pool.IdleAsync();
    }

    [Fact]
    public async Task Ending_twice_changes_nothing()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a");
        var (first, second) = (pool.Request(), pool.Request());
        await first.ServeAsync();
        await second.ServeAsync();

        await first.CompleteAsync();
        await first.EndAsync(RequestOutcome.EngineError, AttemptCause.EngineError);
        await first.CompleteAsync();

        await pool.ReservedAsync("a", 1);
        Assert.Equal(1, pool.Slot.Budget.RequestsInFlight);
        Assert.Equal(RequestOutcome.Completed, (await first.Actor.DescribeAsync())!.Outcome);
        Assert.Null((await first.Actor.AttemptFailedAsync(new AttemptReport(1, AttemptCause.EngineError, LegKind.Whole, 0))).Binding);
        await second.CompleteAsync();
        await pool.IdleAsync();
    }

    [Fact]
    public async Task An_answer_that_was_whole_when_its_engine_broke_completes_the_request_and_blames_the_engine()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a");
        var request = pool.Request();
        await request.ServeAsync();

        await request.EndAsync(RequestOutcome.Completed, AttemptCause.StreamBroken);

        var described = (await request.Actor.DescribeAsync())!;
        Assert.Equal((RequestOutcome.Completed, AttemptCause.StreamBroken), (described.Outcome, Assert.Single(described.Attempts).Cause));
        await pool.IdleAsync();
    }

    [Fact]
    public async Task What_was_sent_of_a_stream_is_followed_by_another_attempt_only_where_it_can_be_continued()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a");
        await pool.ActivateAsync("b");
        foreach (var canContinue in new[] { true, false })
        {
            var request = pool.Request();
            var step = await request.ServeAsync();
            await request.Actor.FirstTokenAsync(step.Attempt.Number);

            var next = await request.Actor.AttemptFailedAsync(new AttemptReport(1, AttemptCause.StreamBroken, LegKind.Whole, 3, canContinue));

            Assert.Equal(canContinue, next.Binding is not null);
            await request.CompleteAsync();
            Assert.Equal(
                canContinue ? (RequestOutcome.Completed, 8L) : (RequestOutcome.EngineError, 3L),
                ((await request.Actor.DescribeAsync())!.Outcome!.Value, (await request.Actor.DescribeAsync())!.TokensSent));
        }

        await pool.IdleAsync();
    }

    [Fact]
    public async Task Many_requests_at_once_are_all_served_and_leave_nothing()
    {
        const int Requests = 96;
        var pool = await PoolAsync();
        await pool.ActivateAsync("p1", role: InstanceRole.Prefill, limit: 4);
        await pool.ActivateAsync("p2", role: InstanceRole.Prefill, limit: 4);
        await pool.ActivateAsync("d1", role: InstanceRole.Decode, limit: 4);
        await pool.ActivateAsync("d2", role: InstanceRole.Decode, limit: 4);

        await Task.WhenAll(Enumerable.Range(0, Requests).Select(number => Task.Run(async () =>
        {
            var request = pool.Request();
            var step = await request.ServeAsync();
            if (number % 3 == 0)
            {
                step = await request.FailAsync(step, AttemptCause.EngineOverloaded, LegKind.Decode);
            }

            Assert.All(pool.Slot.View.All(), view => Assert.InRange(view.Load.ReservedRequests, 0, view.Limit));
            if (step.Binding is not null)
            {
                await request.Actor.PrefillDoneAsync(step.Attempt.Number);
                await request.Actor.FirstTokenAsync(step.Attempt.Number);
                await request.CompleteAsync();
            }
            else
            {
                Assert.Equal(RequestOutcome.Overloaded, step.Outcome);
            }
        }))).WaitAsync(TimeSpan.FromSeconds(60));

        await pool.IdleAsync();
    }
}
