using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Instances;

public sealed class ClockTests
{
    [Fact]
    public void A_clock_that_ran_late_extends_the_lease_by_that()
    {
        var life = LifeDriver.Active();
        var until = life.State.LeaseUntil;
        life.Sleep(2000);

        Assert.Equal(InstanceVerdict.Ignored, life.Apply(new InstanceEvent.ClockLate(TimeSpan.FromMilliseconds(500))));
        Assert.Equal(InstanceVerdict.Accepted, life.Apply(new InstanceEvent.ClockLate(TimeSpan.FromMilliseconds(501))));

        Assert.Equal(until + TimeSpan.FromMilliseconds(501), life.State.LeaseUntil);
    }

    [Fact]
    public void A_silo_that_slept_does_not_condemn_whom_it_did_not_hear()
    {
        var life = LifeDriver.LeaseLost();
        life.Sleep(10_000);

        life.Apply(new InstanceEvent.ClockLate(TimeSpan.FromSeconds(10)));
        life.Apply(InstanceEvent.Tick.Instance);

        Assert.Equal(Liveness.LeaseLost, life.State.Liveness);
    }

    [Fact]
    public void A_silo_that_slept_does_not_give_away_a_name_before_it_read_its_queue()
    {
        var life = LifeDriver.Active();
        life.Sleep(10_000);

        life.Apply(new InstanceEvent.ClockLate(TimeSpan.FromSeconds(10)));

        Assert.Equal(InstanceVerdict.NameInUse, life.Register("b"));
    }

    [Fact]
    public void A_clock_late_by_an_absurd_span_grants_no_more_than_a_lease()
    {
        var life = LifeDriver.Active();

        life.Apply(new InstanceEvent.ClockLate(TimeSpan.MaxValue));

        Assert.Equal(life.Now + TimeSpan.FromSeconds(3), life.State.LeaseUntil);
        Assert.Equal(InstanceVerdict.Ignored, life.Apply(new InstanceEvent.ClockLate(TimeSpan.MinValue)));
    }

    [Fact]
    public void The_origin_of_the_clock_does_not_matter()
    {
        foreach (var origin in new[] { -TimeSpan.FromDays(400).Ticks, 0, TimeSpan.FromDays(9000).Ticks })
        {
            var state = InstanceState.New(LifeDriver.Id);
            var now = new Monotonic(origin);
            state = InstanceLifecycle.Apply(state, new InstanceEvent.RegisterReceived(LifeDriver.Registration("a")), now, LeaseOptions.Default).State;
            state = InstanceLifecycle.Apply(state, new InstanceEvent.HeartbeatReceived(new IncarnationId("a"), 1, TimeSpan.Zero, default), now, LeaseOptions.Default).State;
            Assert.Equal(Liveness.Active, state.Liveness);
            Assert.Equal(now + TimeSpan.FromMilliseconds(750), InstanceLifecycle.NextWake(state, LeaseOptions.Default));
        }
    }
}
