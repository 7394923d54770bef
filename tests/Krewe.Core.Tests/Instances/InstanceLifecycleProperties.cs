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
        var visited = new HashSet<object>();
        var lives = 0;
        Prop.ForAll(LifeStep.Lives(150), steps =>
        {
            var model = new LifeModel();
            model.Play(steps);
            visited.UnionWith(model.Visited);
            lives++;
        }).Check(Config);

        // A property of states that are never reached would say nothing.
        Assert.True(lives >= 1500);
        foreach (var state in Enum.GetValues<Liveness>().Cast<object>()
            .Concat(Enum.GetValues<AdminState>().Cast<object>())
            .Concat(Enum.GetValues<BreakerState>().Cast<object>())
            .Concat(Enum.GetValues<TransitionCause>().Where(cause => cause != TransitionCause.Restored).Cast<object>()))
        {
            Assert.True(visited.Contains(state), $"No random life came to {state.GetType().Name}.{state}.");
        }
    }

    [Fact]
    public void From_anywhere_silence_ends_in_no_new_work_within_a_lease_and_a_probe_and_then_in_removal()
    {
        Prop.ForAll(LifeStep.Lives(80), steps =>
        {
            var model = new LifeModel();
            model.Play(steps);

            model.Pass(TimeSpan.FromMilliseconds(4250));
            Assert.False(model.State.IsSchedulable);

            model.Pass(TimeSpan.FromSeconds(60 + 15));
            Assert.Equal(Liveness.Removed, model.State.Liveness);
            Assert.NotEqual(AdminState.Draining, model.State.Admin);
            Assert.Null(InstanceLifecycle.NextWake(model.State, LeaseOptions.Default));
        }).Check(Config);
    }
}
