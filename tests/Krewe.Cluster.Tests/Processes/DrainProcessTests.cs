using System.Net;
using Krewe.Testing;
using Krewe.Testing.Processes;

namespace Krewe.Cluster.Tests.Processes;

/// <summary>A silo that goes in order: nobody else notices but by the membership.</summary>
[Collection(SharedCluster.Name)]
public sealed class DrainProcessTests(SharedCluster shared)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_silo_that_drains_finishes_its_requests_leaves_and_ends_with_0(bool bySignal)
    {
        var cluster = await shared.TakeAsync();
        var (leaving, others) = (cluster.Silos[0], cluster.Silos.Skip(1).ToList());
        var load = new SteadyLoad(others, each: 3, tokens: 10);
        var own = new SteadyLoad([leaving], each: 4, tokens: 40);
        await load.MoreAsync(20);
        await own.MoreAsync(4);

        if (bySignal)
        {
            leaving.Process.Signal(Signals.Terminate);
        }
        else
        {
            using var asked = await leaving.Control.PostAsync(new Uri("/admin/v1/drain", UriKind.Relative), null);
            Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        }

        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    using var ready = await leaving.Client.GetAsync(new Uri("/readyz", UriKind.Relative));
                    return ready.StatusCode == HttpStatusCode.ServiceUnavailable;
                }
                catch (HttpRequestException)
                {
                    // It was gone before anybody looked.
                    return true;
                }
            },
            what: "its readiness to fail");
        var ending = own.EndAsync();
        Assert.Equal(0, await leaving.Process.ExitAsync(TimeSpan.FromSeconds(60)));
        await ending;
        await cluster.MetAsync(2);
        await load.MoreAsync(50);
        await load.EndAsync();

        // What it refused because it was leaving, a balancer would have sent elsewhere.
        Assert.DoesNotContain(own.Chats, chat => chat.Wrong is { } wrong && !wrong.StartsWith("503 ", StringComparison.Ordinal));
        Assert.True(load.Chats.All(chat => chat.Wrong is null), load.Wrongs);
        await cluster.ServingAsync(6);
        await cluster.IdleAsync();
        foreach (var silo in others)
        {
            // Its actors came back elsewhere as they were.
            Assert.All(await silo.InstancesAsync(ClusterProcesses.Pool), one => Assert.Equal(1, one.GetProperty("epoch").GetInt64()));
        }
    }
}
