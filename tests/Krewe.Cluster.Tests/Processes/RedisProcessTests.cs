using Krewe.Testing.Processes;

namespace Krewe.Cluster.Tests.Processes;

/// <summary>Redis stopped or hanging: serving goes on, and all is well again by itself.</summary>
[Collection(SharedCluster.Name)]
public sealed class RedisProcessTests(SharedCluster shared)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Redis_that_hangs_fails_no_request()
    {
        var cluster = await shared.TakeAsync();
        var load = new SteadyLoad(cluster.Silos, each: 2, tokens: 10);
        await load.MoreAsync(20);

        cluster.Redis!.Process.Signal(Signals.Stop);
        await cluster.OutageAsync(1);
        await load.MoreAsync(100);
        cluster.Redis.Process.Signal(Signals.Continue);
        await cluster.OutageAsync(0);
        await load.EndAsync();

        Assert.True(load.Chats.All(chat => chat.Wrong is null), load.Wrongs);
        await cluster.MetAsync(3);
        await cluster.IdleAsync();
    }

    [Fact]
    public async Task A_silo_that_dies_while_Redis_is_gone_takes_few_requests_of_the_others_with_it()
    {
        var cluster = await shared.TakeAsync();
        var (victim, survivors) = (cluster.Silos[1], cluster.Silos.Where((_, number) => number != 1).ToList());
        await cluster.Redis!.KillAsync();
        await cluster.OutageAsync(1);

        // Nobody can declare it dead: whatever its actors were asked, they do not answer.
        victim.Process.Signal(Signals.Kill);
        await victim.Process.ExitAsync(Limit);
        var load = new SteadyLoad(survivors, each: 4, tokens: 10);
        await load.MoreAsync(300);
        await load.EndAsync();
        var failed = load.Chats.Count(chat => chat.Wrong is not null);
        Assert.True(failed <= load.Chats.Count / 100, $"{failed} of {load.Chats.Count}: {load.Wrongs}");

        await cluster.Redis.RunAsync();
        await cluster.OutageAsync(0);
        await cluster.MetAsync(2);
        await cluster.ServingAsync(6);
        await cluster.IdleAsync();
    }
}
