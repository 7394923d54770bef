using Krewe.Core.Requests;
using Krewe.Core.Retry;
using Krewe.Core.Time;
using Krewe.Fleet.Requests;
using Krewe.HostConformance;

namespace Krewe.Fleet.Tests.Requests;

public sealed class BindWaitTests : IDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(300);

    private readonly World _world = new();
    private readonly SilentInstances _silent;

    public BindWaitTests() => _silent = new SilentInstances(_world.Host);

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_bind_that_is_not_answered_waits_no_longer_than_the_request_has_time()
    {
        await PoolAsync();
        var start = StartAsync(Moment, CancellationToken.None);
        Assert.False(start.IsCompleted);

        _world.Advance(Moment);

        await _world.UntilAsync(() => start.IsCompleted);
        Assert.Equal(RequestOutcome.DeadlineExceeded, (await start).Outcome);
        GivenBack();
    }

    [Fact]
    public async Task A_bind_that_is_not_answered_is_given_up_when_the_client_leaves()
    {
        await PoolAsync();
        using var client = new CancellationTokenSource();
        var start = StartAsync(TimeSpan.FromMinutes(1), client.Token);
        Assert.False(start.IsCompleted);

        await client.CancelAsync();

        await _world.UntilAsync(() => start.IsCompleted);
        Assert.Equal(RequestOutcome.ClientGone, (await start).Outcome);
        GivenBack();
    }

    private async Task PoolAsync()
    {
        await _world.ConfigureAsync();
        await _world.ActivateAsync("a");
        await _world.ActivateAsync("b");
    }

    private Task<RequestStep> StartAsync(TimeSpan deadline, CancellationToken clientGone)
    {
        var actor = new RequestActor(TestPool.NewRequest(), _silent, _world.Services);
        return actor.StartAsync(new RequestSpec
        {
            Pool = World.Pool,
            Model = "model",
            PromptTokens = 10,
            AllowDisaggregated = true,
            Stream = true,
            Deadline = Deadline.In(deadline, _world.Time.GetMonotonic()),
            ClientGone = clientGone,
        }).AsTask();
    }

    // Whether it was reserved is not known.
    private void GivenBack()
    {
        Assert.Single(_silent.Asked);
        Assert.Equal(_silent.Asked.Select(asked => asked.Leg), _silent.Released.Select(released => released.Leg));
    }
}
