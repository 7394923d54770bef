using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Instances.Breaking;
using Krewe.Core.Load;
using Krewe.Fleet.Instances;
using Krewe.HostConformance;

namespace Krewe.Fleet.Tests.Instances;

public sealed class TrialTests : IDisposable
{
    private static readonly BreakerOptions Breaker = new();

    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task While_a_trial_runs_nobody_is_sent_there_and_once_it_is_over_there_is_room_again()
    {
        await _world.ConfigureAsync();
        var epoch = await _world.ActivateAsync("a");
        for (var i = 0; i < Breaker.ConsecutiveFailures; i++)
        {
            await ReleaseAsync(epoch, await BindAsync(epoch), AttemptVerdict.Failed);
        }

        _world.Advance(Breaker.OpenFor);
        await _world.UntilAsync(() => _world.View("a") is { Breaker: BreakerState.HalfOpen, Schedulable: true, HasRoom: true });

        var trial = await BindAsync(epoch);
        Assert.False(_world.View("a")!.HasRoom);

        await ReleaseAsync(epoch, trial, AttemptVerdict.Succeeded);
        Assert.True(_world.View("a") is { Breaker: BreakerState.Closed, HasRoom: true, Limit: 4 });
    }

    private async Task<AttemptLeg> BindAsync(Epoch epoch)
    {
        var leg = TestPool.NewLeg();
        var reply = await _world.RunAsync(_world.Instance("a").BindAsync(new BindCommand(leg, epoch, _world.Services.Silo, 10)));
        Assert.Equal(BindOutcome.Bound, reply.Outcome);
        return leg;
    }

    private Task ReleaseAsync(Epoch epoch, AttemptLeg leg, AttemptVerdict verdict) =>
        _world.RunAsync(_world.Instance("a").ReleaseAsync(new ReleaseCommand(leg, epoch, verdict, ConnectionFailed: false)));
}
