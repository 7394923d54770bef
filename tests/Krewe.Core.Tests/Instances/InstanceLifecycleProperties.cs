using FsCheck;
using FsCheck.Fluent;
using Krewe.Core.Instances;

namespace Krewe.Core.Tests.Instances;

public sealed class InstanceLifecycleProperties
{
    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(1500);

    [Fact]
    public void Any_interleaving_of_any_incarnations_keeps_the_fence_the_epochs_the_deadlines_and_the_wakes()
    {
        Prop.ForAll(LifeStep.Lives(150), steps => new LifeModel().Play(steps)).Check(Config);
    }

    /// <summary>A property of states that are never reached would say nothing. One seed: it either holds or not.</summary>
    [Fact]
    public void Random_lives_come_to_every_state_by_every_cause()
    {
        var visits = new Dictionary<object, int>();
        foreach (var steps in LifeStep.Lives(150).Generator.Sample(1500, new Rnd(20, 21), 50))
        {
            var model = new LifeModel();
            model.Play(steps);
            foreach (var visited in model.Visited)
            {
                visits[visited] = visits.GetValueOrDefault(visited) + 1;
            }
        }

        foreach (var state in Enum.GetValues<Liveness>().Cast<object>()
            .Concat(Enum.GetValues<AdminState>().Cast<object>())
            .Concat(Enum.GetValues<BreakerState>().Cast<object>())
            .Concat(Enum.GetValues<TransitionCause>().Where(cause => cause != TransitionCause.Restored).Cast<object>()))
        {
            Assert.True(visits.GetValueOrDefault(state) >= 5, $"{visits.GetValueOrDefault(state)} of 1500 lives came to {state.GetType().Name}.{state}.");
        }
    }

    [Fact]
    public void From_anywhere_silence_ends_in_no_new_work_within_a_lease_and_a_probe_and_then_in_removal()
    {
        Prop.ForAll(LifeStep.Lives(80), steps =>
        {
            var model = new LifeModel();
            model.Play(steps);

            model.Thaw();
            model.Pass(TimeSpan.FromMilliseconds(4250));
            Assert.False(model.State.IsSchedulable);

            model.Pass(TimeSpan.FromSeconds(60 + 15));
            Assert.Equal(Liveness.Removed, model.State.Liveness);
            Assert.NotEqual(AdminState.Draining, model.State.Admin);
            Assert.Null(InstanceLifecycle.NextWake(model.State, LeaseOptions.Default));
        }).Check(Config);
    }
}
