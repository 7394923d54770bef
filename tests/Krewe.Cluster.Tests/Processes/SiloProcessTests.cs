using System.Text.Json;
using Krewe.Testing;
using Krewe.Testing.Processes;

namespace Krewe.Cluster.Tests.Processes;

/// <summary>Three silos, Redis, PostgreSQL and engines, each a process; and what happens to silos.</summary>
[Collection(SharedCluster.Name)]
public sealed class SiloProcessTests(SharedCluster shared)
{
    private static readonly TimeSpan Detection = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task A_silo_that_is_killed_under_load_takes_nothing_with_it_but_its_own_requests()
    {
        var cluster = await shared.TakeAsync();
        var (victim, survivors) = (cluster.Silos[2], cluster.Silos.Take(2).ToList());
        var load = new SteadyLoad(cluster.Silos, each: 8, tokens: 20);
        await UnderWayAsync(load, 60);

        var killed = load.Now;
        victim.Process.Signal(Signals.Kill);
        await victim.Process.ExitAsync(TimeSpan.FromSeconds(10));
        await cluster.MetAsync(2);
        var known = load.Now - killed;
        await Eventually.TrueAsync(() => load.Now - killed > Detection && load.Chats.Count(chat => chat.Began - killed > Detection) >= 100, TimeSpan.FromSeconds(60), "100 chats after the kill");
        await load.EndAsync();

        // Whatever the survivors took is whole; from detection on, all of it at once.
        var failed = load.Chats.Where(chat => survivors.Contains(chat.Silo!) && chat.Wrong is not null).ToList();
        Assert.True(failed.Count == 0, $"{failed.Count} of {load.Chats.Count} failed; known after {known}: {string.Join('\n', failed.Take(5).Select(chat => $"{chat.Began - killed}..{chat.Ended - killed}: {chat.Wrong}"))}");
        await cluster.ServingAsync(6);
        await cluster.IdleAsync();
        foreach (var silo in survivors)
        {
            Assert.All(await silo.InstancesAsync(ClusterProcesses.Pool), one => Assert.Equal(1, one.GetProperty("epoch").GetInt64()));
        }
    }

    [Fact]
    public async Task A_silo_that_stood_still_is_declared_dead_changes_nothing_when_it_wakes_and_ends_with_3()
    {
        var cluster = await shared.TakeAsync();
        var victim = cluster.Silos[1];
        var load = new SteadyLoad(cluster.Silos.Where(silo => silo != victim), each: 4, tokens: 20);
        await UnderWayAsync(load, 20);

        victim.Process.Signal(Signals.Stop);
        foreach (var silo in cluster.Silos.Where(silo => silo != victim))
        {
            await Eventually.TrueAsync(async () => (await silo.SilosAsync()).Count == 2, TimeSpan.FromSeconds(60), "the others to declare it dead");
        }

        victim.Process.Signal(Signals.Continue);

        Assert.Equal(3, await victim.Process.ExitAsync(TimeSpan.FromSeconds(60)));
        Assert.Contains("silo: this silo cannot go on and ends", victim.Process.Output, StringComparison.Ordinal);
        await load.EndAsync();
        Assert.DoesNotContain(load.Chats, chat => chat.Wrong is not null);
        await cluster.ServingAsync(6);
        await cluster.IdleAsync();
    }

    [Fact]
    public async Task Silos_that_are_replaced_one_by_one_under_load_fail_nothing()
    {
        var cluster = await shared.TakeAsync();
        var first = cluster.Silos[0];
        var load = new SteadyLoad([first], each: 8, tokens: 20);
        await UnderWayAsync(load, 20);

        foreach (var leaving in cluster.Silos.Skip(1).ToList())
        {
            var own = new SteadyLoad([leaving], each: 4, tokens: 20);
            await UnderWayAsync(own, 8);
            leaving.Process.Signal(Signals.Terminate);
            var ending = own.EndAsync();
            Assert.Equal(0, await leaving.Process.ExitAsync(TimeSpan.FromSeconds(60)));
            await ending;

            // What it refused because it was leaving, a balancer would have sent elsewhere.
            Assert.DoesNotContain(own.Chats, chat => chat.Wrong is { } wrong && !wrong.StartsWith("503 ", StringComparison.Ordinal));
            await cluster.StartSiloAsync();
            await cluster.MetAsync(3);
        }

        await load.EndAsync();
        Assert.DoesNotContain(load.Chats, chat => chat.Wrong is not null);
        await cluster.ServingAsync(6);
        await cluster.IdleAsync();
    }

    [Fact]
    public async Task Declared_engines_are_polled_by_one_silo_each()
    {
        var cluster = await shared.TakeAsync();

        // Two that polled one engine would number their reports against each other, and its lease would be lost again and again.
        // Where a silo came, engines are handed over; when that is done, they report for several leases' time and lose none.
        await Eventually.TrueAsync(
            async () =>
            {
                var before = await LossesAsync(cluster);
                await ReportsAsync(cluster.Silos[0], 12);
                return (await LossesAsync(cluster)).SequenceEqual(before);
            },
            TimeSpan.FromSeconds(60),
            "no lease to be lost while each engine reports 12 times");
    }

    /// <summary>The newest loss of a lease that each silo knows of.</summary>
    private static async Task<IReadOnlyList<long>> LossesAsync(ClusterProcesses cluster) => await Task.WhenAll(cluster.Silos.Select(async silo =>
        (await JsonAsync(silo, "/admin/v1/events?limit=1000")).GetProperty("events").EnumerateArray()
            .Where(entry => entry.GetProperty("to").GetString() is "LeaseLost" or "Suspect")
            .Select(entry => entry.GetProperty("sequence").GetInt64())
            .DefaultIfEmpty(0)
            .Max()));

    /// <summary>Waits until a silo has heard so many reports of each engine.</summary>
    private static async Task ReportsAsync(ClusterSiloProcess silo, int count)
    {
        var heard = new Dictionary<string, (int Reports, double AgeMs)>();
        await Eventually.TrueAsync(
            async () =>
            {
                foreach (var one in await silo.InstancesAsync(ClusterProcesses.Pool))
                {
                    var (name, age) = (one.GetProperty("name").GetString()!, one.GetProperty("load").GetProperty("ageMs").GetDouble());
                    var (reports, before) = heard.GetValueOrDefault(name, (0, double.MaxValue));
                    heard[name] = (age < before ? reports + 1 : reports, age);
                }

                return heard.Count > 0 && heard.Values.All(one => one.Reports >= count);
            },
            TimeSpan.FromSeconds(60),
            $"{count} reports of each engine");
    }

    private static async Task<JsonElement> JsonAsync(ClusterSiloProcess silo, string path)
    {
        using var answer = await silo.Control.GetAsync(new Uri(path, UriKind.Relative));
        answer.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }

    private static Task UnderWayAsync(SteadyLoad load, int chats) =>
        Eventually.TrueAsync(() => load.Chats.Count(chat => chat.Wrong is null) >= chats && load.Open > 0, TimeSpan.FromSeconds(60), $"{chats} chats");
}
