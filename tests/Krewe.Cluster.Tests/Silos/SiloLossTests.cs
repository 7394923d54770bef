using System.Collections.Concurrent;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Requests;
using Krewe.Testing;

namespace Krewe.Cluster.Tests.Silos;

/// <summary>Silos that come and go.</summary>
public sealed class SiloLossTests(ClusterFixture cluster) : IClassFixture<ClusterFixture>, IAsyncLifetime
{
    public async ValueTask InitializeAsync() => await cluster.MakeWholeAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task What_a_dead_silo_s_attempts_held_is_given_back_and_its_actors_come_back_with_their_epochs()
    {
        var pool = await ClusterPool.NewAsync(cluster);
        var names = Enumerable.Range(0, 12).Select(i => $"i{i}").ToList();
        foreach (var name in names)
        {
            await pool.ActivateAsync(name);
        }

        // A second life, so that the epoch is one that must be remembered.
        var second = await cluster.Silos[0].Actors.Instance(pool.Id("i0")).RegisterAsync(pool.Registration("i0") with { Url = new Uri("http://elsewhere.test/") });
        Assert.Equal(new Epoch(2), second.Epoch);
        await pool.EverySeesAsync("i0", view => view.Epoch == second.Epoch && view.Liveness == Liveness.Active, "in its second life");

        var (victim, survivor) = (cluster.Silos[2], cluster.Silos[0]);
        var lost = await ServeAsync(pool, victim, 12);
        var kept = await ServeAsync(pool, survivor, 12);
        Assert.Equal(24, await ReservedAsync(pool, survivor, 24));

        await cluster.KillAsync(victim);

        // Only what the survivor holds is held, everywhere, and exactly that.
        foreach (var silo in cluster.Silos)
        {
            await ReservedAsync(pool, silo, 12);
        }

        foreach (var name in names)
        {
            var view = await survivor.SeesAsync(pool.Id(name), view => view.Schedulable, "schedulable");
            Assert.Equal(name == "i0" ? 2 : 1, view.Epoch.Value);
            Assert.Equal(kept.Count(step => step.Binding!.Decode.Instance == pool.Id(name)), view.Load.ReservedRequests);
        }

        Assert.DoesNotContain(kept, step => step.EpochLost.IsCancellationRequested);
        foreach (var step in kept)
        {
            await survivor.Actors.Request(step.Attempt.Request).EndAsync(new RequestEnd(RequestOutcome.Completed, AttemptCause.Completed, LegKind.Whole, 1));
        }

        await pool.IdleAsync();
        Assert.Equal(12, lost.Count);
    }

    [Fact]
    public async Task Every_silo_serves_on_after_another_died_and_nothing_is_over_its_limit()
    {
        var pool = await ClusterPool.NewAsync(cluster);
        for (var i = 0; i < 6; i++)
        {
            await pool.ActivateAsync($"i{i}", limit: 3);
        }

        var held = await ServeAsync(pool, cluster.Silos[0], 9);
        await cluster.KillAsync(cluster.Silos[1]);
        var more = await ServeAsync(pool, cluster.Silos[^1], 9);

        Assert.All(held.Concat(more).GroupBy(step => step.Binding!.Decode.Instance), group => Assert.InRange(group.Count(), 1, 3));
        foreach (var (silo, steps) in new[] { (cluster.Silos[0], held), (cluster.Silos[^1], more) })
        {
            foreach (var step in steps)
            {
                await silo.Actors.Request(step.Attempt.Request).EndAsync(new RequestEnd(RequestOutcome.Completed, AttemptCause.Completed, LegKind.Whole, 1));
            }
        }

        await pool.IdleAsync();
    }

    [Fact]
    public async Task While_a_silo_dies_the_one_that_serves_holds_nowhere_more_than_the_limit()
    {
        const int Limit = 3;
        var pool = await ClusterPool.NewAsync(cluster, pool => pool with { QueueLimit = 1_000 });
        for (var i = 0; i < 6; i++)
        {
            await pool.ActivateAsync($"i{i}", limit: Limit);
        }

        await ServeAsync(pool, cluster.Silos[2], 6);
        var survivor = cluster.Silos[0];
        var held = new ConcurrentDictionary<InstanceId, int>();
        var (peak, served) = (0, 0);
        using var over = new CancellationTokenSource();

        // More than there is room for, so that every actor that comes back is asked for all that it has.
        var load = Enumerable.Range(0, 24).Select(_ => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                var request = survivor.Actors.Request(ClusterPool.NewRequest());
                var step = await request.StartAsync(pool.Spec(survivor));
                var at = step.Binding!.Decode.Instance;
                var now = held.AddOrUpdate(at, 1, static (_, count) => count + 1);
                for (var seen = Volatile.Read(ref peak); now > seen && Interlocked.CompareExchange(ref peak, now, seen) != seen; seen = Volatile.Read(ref peak))
                {
                    // Another was higher meanwhile.
                }

                // Until somebody waits for room: then every actor that is reached has given all that it has.
                do
                {
                    await Task.Yield();
                }
                while (survivor.Fleet.View.Find(pool.Name)!.Admission.Waiting == 0 && !over.IsCancellationRequested);

                held.AddOrUpdate(at, 0, static (_, count) => count - 1);
                await request.EndAsync(new RequestEnd(RequestOutcome.Completed, AttemptCause.Completed, LegKind.Whole, 1));
                Interlocked.Increment(ref served);
            }
        })).ToList();
        await Eventually.TrueAsync(() => Volatile.Read(ref served) > 100);

        await cluster.KillAsync(cluster.Silos[2]);
        var after = Volatile.Read(ref served);
        await Eventually.TrueAsync(() => Volatile.Read(ref served) > after + 500, TimeSpan.FromSeconds(60));
        await over.CancelAsync();
        await Task.WhenAll(load);

        Assert.Equal(Limit, peak);
        await pool.IdleAsync();
    }

    [Fact]
    public async Task A_silo_that_comes_knows_at_once_what_the_others_know()
    {
        var pool = await ClusterPool.NewAsync(cluster);
        var epoch = await pool.ActivateAsync("i", limit: 8);
        var leg = ClusterPool.NewLeg();
        await cluster.Silos[0].Actors.Instance(pool.Id("i")).BindAsync(new BindCommand(leg, epoch, cluster.Silos[0].Fleet.Silo, 7));

        var newcomer = await cluster.StartAsync();

        var view = newcomer.View(pool.Id("i"));
        Assert.NotNull(view);
        Assert.Equal((epoch, Liveness.Active), (view.Epoch, view.Liveness));
        Assert.Equal(pool.Name, newcomer.Fleet.View.FindByModel(pool.Definition.Model)?.Name);
        Assert.NotNull((await newcomer.Actors.Request(ClusterPool.NewRequest()).StartAsync(pool.Spec(newcomer))).Binding);
    }

    [Fact]
    public async Task What_a_silo_that_is_gone_asks_for_is_not_granted()
    {
        var pool = await ClusterPool.NewAsync(cluster);
        var epoch = await pool.ActivateAsync("i");
        var victim = cluster.Silos[2];
        var gone = victim.Fleet.Silo;
        await cluster.KillAsync(victim);
        var instance = cluster.Silos[0].Actors.Instance(pool.Id("i"));

        Assert.NotEqual(BindOutcome.Bound, (await instance.BindAsync(new BindCommand(ClusterPool.NewLeg(), epoch, gone, 1))).Outcome);
        await instance.AssertAsync(new AssertCommand(gone, epoch, [new HeldLeg(ClusterPool.NewLeg(), 1)]));
        var reply = await instance.BindAsync(new BindCommand(ClusterPool.NewLeg(), epoch, cluster.Silos[0].Fleet.Silo, 1));

        Assert.Equal((BindOutcome.Bound, 1), (reply.Outcome, reply.View!.Load.ReservedRequests));
    }

    private static async Task<List<RequestStep>> ServeAsync(ClusterPool pool, TestSilo silo, int requests)
    {
        var steps = new List<RequestStep>();
        for (var i = 0; i < requests; i++)
        {
            var step = await silo.Actors.Request(ClusterPool.NewRequest()).StartAsync(pool.Spec(silo));
            Assert.NotNull(step.Binding);
            steps.Add(step);
        }

        return steps;
    }

    private static async Task<int> ReservedAsync(ClusterPool pool, TestSilo silo, int expected)
    {
        await Eventually.EqualAsync(
            expected, () => silo.Fleet.View.Find(pool.Name)!.View.All().Sum(view => view.Load.ReservedRequests), TimeSpan.FromSeconds(30), $"reservations seen by {silo.Fleet.Silo}");
        return expected;
    }
}
