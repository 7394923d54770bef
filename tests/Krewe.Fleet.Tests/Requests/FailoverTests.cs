using Krewe.Core.Instances;
using Krewe.Core.Requests;
using Krewe.Fleet.Requests;
using Krewe.HostConformance;

namespace Krewe.Fleet.Tests.Requests;

public sealed class FailoverTests
{
    [Fact]
    public async Task Everything_goes_down_and_comes_back_and_what_ran_goes_on_within_its_deadline()
    {
        using var world = new World();
        await world.ConfigureAsync(pool => pool with { QueueLimit = 0, QueueMaxWait = TimeSpan.FromSeconds(1) });
        await world.ActivateAsync("a");
        await world.ActivateAsync("b");
        var requests = Enumerable.Range(0, 8).Select(_ => world.Request()).ToList();
        var served = new List<Task<RequestStep>>();
        foreach (var request in requests)
        {
            served.Add(Task.FromResult(await world.RunAsync(request.ServeAsync())));
        }

        Kill(world, "a", "b");
        var next = requests.Zip(served, (request, step) => request.FailAsync(step.Result, AttemptCause.StreamBroken)).ToList();

        // Some find the other engine before it is known to be dead.
        await FailUntilParkedAsync(world, requests, next);
        Assert.Equal(8, world.Services.View.Find(World.Pool)!.Admission.Waiting);
        world.Advance(TimeSpan.FromSeconds(30));
        Assert.All(next, step => Assert.False(step.IsCompleted));

        Heal(world, "a", "b");
        await world.ActivateAsync("a", "two");
        await world.ActivateAsync("b", "two");
        await world.AdvanceUntilAsync(() => next.TrueForAll(step => step.IsCompleted));
        Assert.All(next, step => Assert.Equal("two", step.Result.Binding!.Decode.Incarnation.Value));
        foreach (var request in requests)
        {
            await world.RunAsync(request.CompleteAsync());
        }

        Assert.Equal(0, world.Services.Reservations.Count);
    }

    [Fact]
    public async Task While_others_wait_for_an_instance_to_come_back_a_new_request_is_told_at_once_that_there_is_none()
    {
        using var world = new World();
        await world.ConfigureAsync();
        await world.ActivateAsync("a");
        var running = world.Request();
        var step = await world.RunAsync(running.ServeAsync());
        Kill(world, "a");
        var next = new List<Task<RequestStep>> { running.FailAsync(step, AttemptCause.ConnectionReset) };
        await FailUntilParkedAsync(world, [running], next);

        Assert.Equal(RequestOutcome.NoInstance, (await world.RunAsync(world.Request().StartAsync())).Outcome);
        Assert.False(next[0].IsCompleted);
    }

    [Fact]
    public async Task A_request_that_waited_for_room_waits_on_when_the_last_instance_goes()
    {
        using var world = new World();
        await world.ConfigureAsync();
        await world.ActivateAsync("a", limit: 1);
        var running = world.Request();
        var step = await world.RunAsync(running.ServeAsync());
        var waiting = world.Request().StartAsync();
        await world.UntilAsync(() => world.Services.View.Find(World.Pool)!.Admission.Waiting == 1);

        Kill(world, "a");
        var next = new List<Task<RequestStep>> { running.FailAsync(step, AttemptCause.ConnectionReset) };
        await world.AdvanceUntilAsync(() => world.View("a")!.Liveness == Liveness.Removed);
        Assert.False(waiting.IsCompleted);

        Heal(world, "a");
        await world.ActivateAsync("a", "two", limit: 2);
        await world.AdvanceUntilAsync(() => waiting.IsCompleted && next[0].IsCompleted);
        Assert.NotNull((await waiting).Binding);
    }

    [Fact]
    public async Task A_wait_for_an_instance_ends_with_the_deadline()
    {
        using var world = new World();
        await world.ConfigureAsync(pool => pool with { QueueMaxWait = TimeSpan.FromSeconds(1) });
        await world.ActivateAsync("a");
        var running = world.Request(deadline: TimeSpan.FromSeconds(20));
        var step = await world.RunAsync(running.ServeAsync());
        Kill(world, "a");
        var next = new List<Task<RequestStep>> { running.FailAsync(step, AttemptCause.ConnectionReset) };
        await FailUntilParkedAsync(world, [running], next);
        world.Advance(TimeSpan.FromSeconds(10));
        Assert.False(next[0].IsCompleted);

        world.Advance(TimeSpan.FromSeconds(20) - world.Time.Elapsed);

        Assert.Equal(RequestOutcome.DeadlineExceeded, (await world.RunAsync(next[0])).Outcome);
    }

    /// <summary>Answers each further attempt as dead engines do, until all wait.</summary>
    private static async Task FailUntilParkedAsync(World world, List<TestRequest> requests, List<Task<RequestStep>> next)
    {
        var slot = world.Services.View.Find(World.Pool)!;
        await world.AdvanceUntilAsync(() =>
        {
            for (var i = 0; i < next.Count; i++)
            {
                if (next[i].IsCompleted)
                {
                    Assert.NotNull(next[i].Result.Binding);
                    next[i] = requests[i].FailAsync(next[i].Result, AttemptCause.ConnectionRefused);
                }
            }

            return slot.Admission.Waiting == next.Count && slot.View.All().All(view => view.Liveness == Liveness.Removed);
        });
    }

    private static void Kill(World world, params string[] names) => Set(world, ProbeResult.Refused, names);

    private static void Heal(World world, params string[] names) => Set(world, ProbeResult.Ok, names);

    private static void Set(World world, ProbeResult result, string[] names) => Array.ForEach(names, name => world.Probe.Set(World.Url(name), result));
}
