using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Instances.Breaking;
using Krewe.Core.Load;

namespace Krewe.Core.Tests.Instances.Breaking;

public sealed class BreakerTests
{
    [Fact]
    public void Five_failures_in_a_row_open_it_and_a_heartbeat_does_not_close_it()
    {
        var life = LifeDriver.Active();
        Fail(life, 4);
        Assert.Equal(BreakerState.Closed, life.State.Breaker);

        Fail(life, 1);
        life.Heartbeat("a");

        Assert.Equal((BreakerState.Open, Liveness.Active, false), (life.State.Breaker, life.State.Liveness, life.State.IsSchedulable));
    }

    [Theory]
    [InlineData(AttemptVerdict.Neutral)]
    [InlineData(AttemptVerdict.BackPressure)]
    [InlineData(AttemptVerdict.Cancelled)]
    public void What_says_nothing_of_the_instance_is_not_booked(AttemptVerdict verdict)
    {
        var life = LifeDriver.Active();
        var before = life.State;

        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(InstanceVerdict.Ignored, life.Finish(verdict));
        }

        Assert.Same(before, life.State);
    }

    [Fact]
    public void What_is_not_booked_does_not_break_a_row_of_failures()
    {
        var life = LifeDriver.Active();
        Fail(life, 4);
        life.Finish(AttemptVerdict.BackPressure);
        Fail(life, 1);

        Assert.Equal(BreakerState.Open, life.State.Breaker);
    }

    [Fact]
    public void A_success_breaks_a_row()
    {
        var life = LifeDriver.Active();
        Succeed(life, 10);
        Fail(life, 4);
        Succeed(life, 1);
        Fail(life, 4);

        Assert.Equal(BreakerState.Closed, life.State.Breaker);
    }

    [Fact]
    public void Half_of_ten_in_the_window_open_it()
    {
        var life = LifeDriver.Active();
        Succeed(life, 1);
        for (var i = 0; i < 4; i++)
        {
            Fail(life, 1);
            Succeed(life, 1);
            Assert.Equal(BreakerState.Closed, life.State.Breaker);
        }

        Fail(life, 1);

        Assert.Equal(BreakerState.Open, life.State.Breaker);
    }

    [Fact]
    public void Failures_older_than_the_window_count_no_more()
    {
        var life = LifeDriver.Active();
        for (var i = 0; i < 4; i++)
        {
            Fail(life, 1);
            Succeed(life, 1);
        }

        life.Sleep(11_000);
        Succeed(life, 1);
        Fail(life, 1);

        Assert.Equal(BreakerState.Closed, life.State.Breaker);
        life.Sleep(4000);
        Fail(life, 3);
        Assert.Equal(BreakerState.Closed, life.State.Breaker);
    }

    [Fact]
    public void Legs_are_booked_apart()
    {
        var life = LifeDriver.Active();
        for (var i = 0; i < 4; i++)
        {
            life.Finish(AttemptVerdict.Failed, LegKind.Decode);
            life.Finish(AttemptVerdict.Failed, LegKind.Whole);
            life.Finish(AttemptVerdict.Succeeded, LegKind.Prefill);
            life.Finish(AttemptVerdict.Succeeded, LegKind.Prefill);
        }

        Assert.Equal(BreakerState.Closed, life.State.Breaker);
        life.Finish(AttemptVerdict.Failed, LegKind.Decode);
        Assert.Equal(BreakerState.Open, life.State.Breaker);
    }

    [Fact]
    public void After_5_s_one_trial_runs_at_a_time_and_its_success_closes_it()
    {
        var life = LifeDriver.Active();
        Fail(life, 5);
        Stay(life, 4_999);
        Assert.Equal(BreakerState.Open, life.State.Breaker);

        Stay(life, 1);
        Assert.Equal(BreakerState.HalfOpen, life.State.Breaker);
        Assert.Equal(BindRefusal.None, InstanceLifecycle.CanBind(life.State, new Epoch(1), trialRunning: false));
        Assert.Equal(BindRefusal.NotSchedulable, InstanceLifecycle.CanBind(life.State, new Epoch(1), trialRunning: true));

        Succeed(life, 1);
        Assert.Equal(BreakerState.Closed, life.State.Breaker);
        Assert.Equal(BindRefusal.None, InstanceLifecycle.CanBind(life.State, new Epoch(1), trialRunning: true));
        Fail(life, 4);
        Assert.Equal(BreakerState.Closed, life.State.Breaker);
    }

    [Fact]
    public void Each_failed_trial_doubles_the_time_to_60_s_and_a_success_starts_anew()
    {
        var life = LifeDriver.Active();
        Fail(life, 5);
        foreach (var seconds in new[] { 5, 10, 20, 40, 60, 60 })
        {
            Stay(life, (seconds * 1000) - 1);
            Assert.Equal(BreakerState.Open, life.State.Breaker);
            Stay(life, 1);
            Assert.Equal(BreakerState.HalfOpen, life.State.Breaker);
            Fail(life, 1);
        }

        Stay(life, 60_000);
        Succeed(life, 1);
        Fail(life, 5);
        Stay(life, 5000);
        Assert.Equal(BreakerState.HalfOpen, life.State.Breaker);
    }

    [Fact]
    public void Outcomes_of_attempts_bound_before_it_opened_say_nothing_new()
    {
        var life = LifeDriver.Active();
        Fail(life, 5);
        var before = life.State;

        Fail(life, 20);
        Succeed(life, 20);

        Assert.Same(before, life.State);
    }

    [Fact]
    public void Outcomes_of_another_epoch_are_not_booked_and_a_new_epoch_starts_Closed()
    {
        var life = LifeDriver.Active();
        Fail(life, 5);
        life.Sleep(1000);
        life.Register("b");
        life.Heartbeat("b");
        Assert.Equal(BreakerState.Closed, life.State.Breaker);

        for (var i = 0; i < 20; i++)
        {
            life.Apply(new InstanceEvent.AttemptFinished(new Epoch(1), LegKind.Whole, AttemptVerdict.Failed));
        }

        Assert.Equal(BreakerState.Closed, life.State.Breaker);
    }

    private static void Fail(LifeDriver life, int times)
    {
        for (var i = 0; i < times; i++)
        {
            life.Finish(AttemptVerdict.Failed);
        }
    }

    private static void Succeed(LifeDriver life, int times)
    {
        for (var i = 0; i < times; i++)
        {
            life.Finish(AttemptVerdict.Succeeded);
        }
    }

    /// <summary>Time passes for a living instance.</summary>
    private static void Stay(LifeDriver life, int milliseconds)
    {
        for (; milliseconds > 0; milliseconds -= 500)
        {
            life.Pass(Math.Min(500, milliseconds));
            life.Heartbeat("a");
        }
    }
}
