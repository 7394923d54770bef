using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Fleet.Instances;
using Krewe.Testing;

namespace Krewe.Cluster.Tests.Silos;

/// <summary>What one silo's actors say, every silo sees.</summary>
public sealed class SharedViewTests(ClusterFixture cluster) : IClassFixture<ClusterFixture>
{
    [Fact]
    public async Task Instances_and_their_load_are_seen_by_every_silo_whoever_hosts_them()
    {
        var pool = await ClusterPool.NewAsync(cluster);

        // Nine, so that some live on each silo.
        for (var i = 0; i < 9; i++)
        {
            var epoch = await pool.ActivateAsync($"i{i}", through: i % 3);
            var leg = ClusterPool.NewLeg();
            var reply = await cluster.Silos[i % 3].Actors.Instance(pool.Id($"i{i}")).BindAsync(new BindCommand(leg, epoch, cluster.Silos[i % 3].Fleet.Silo, 7));
            Assert.Equal(BindOutcome.Bound, reply.Outcome);
            await pool.EverySeesAsync($"i{i}", view => view.Load is { ReservedRequests: 1, ReservedTokens: 7 }, "with one reservation");

            await cluster.Silos[(i + 1) % 3].Actors.Instance(pool.Id($"i{i}")).ReleaseAsync(new ReleaseCommand(leg, epoch, default, ConnectionFailed: false));
            await pool.EverySeesAsync($"i{i}", view => view.Load.ReservedRequests == 0, "without a reservation");
        }
    }

    [Fact]
    public async Task A_report_is_seen_by_every_silo_with_its_age()
    {
        var pool = await ClusterPool.NewAsync(cluster);
        await pool.ActivateAsync("i");

        await cluster.Silos[1].Actors.Instance(pool.Id("i")).HeartbeatAsync(
            new HeartbeatCommand(new IncarnationId("one"), 1, TimeSpan.Zero, new ReportedLoad(2, 1, 0.5, 10, 1, 1)));

        await pool.EverySeesAsync("i", view => view.Load is { ExternalRequests: 3, Reported.KvUsage: 0.5 } && view.ReportedAt != default, "with its report");
    }

    [Fact]
    public async Task A_transition_is_in_every_silo_s_journal()
    {
        var pool = await ClusterPool.NewAsync(cluster);
        await pool.ActivateAsync("i");

        await cluster.Silos[2].Actors.Instance(pool.Id("i")).AdministerAsync(new AdminCommand(AdminAction.Cordon));

        await pool.EverySeesAsync("i", view => view is { Admin: AdminState.Cordoned, Schedulable: false }, "cordoned");
        foreach (var silo in cluster.Silos)
        {
            await Eventually.TrueAsync(() => silo.Fleet.Events.Newest(pool.Name, 100).Any(entry => entry is { What: "admin", To: "Cordoned" }));
            Assert.Single(silo.Fleet.Events.Newest(pool.Name, 100), entry => entry is { What: "admin", To: "Cordoned" });
        }
    }

    [Fact]
    public async Task A_definition_that_changes_changes_on_every_silo()
    {
        var pool = await ClusterPool.NewAsync(cluster);

        await cluster.Silos[1].Actors.Pool(pool.Name).ConfigureAsync(pool.Definition with { QueueLimit = 7, Aliases = ["by-another-name"] });

        foreach (var silo in cluster.Silos)
        {
            await Eventually.TrueAsync(() => silo.Fleet.View.FindByModel("by-another-name") is { Definition.QueueLimit: 7 });
        }
    }

    [Fact]
    public async Task An_attempt_learns_that_its_epoch_is_lost_on_whichever_silo_it_runs()
    {
        var pool = await ClusterPool.NewAsync(cluster);
        var epoch = await pool.ActivateAsync("i", limit: 8);
        var steps = await Task.WhenAll(cluster.Silos.Select(silo => silo.Actors.Request(ClusterPool.NewRequest()).StartAsync(pool.Spec(silo)).AsTask()));
        Assert.All(steps, step => Assert.Equal(epoch, step.Binding!.Decode.Epoch));

        await cluster.Silos[0].Actors.Instance(pool.Id("i")).AdministerAsync(new AdminCommand(AdminAction.Drain, TimeSpan.FromMilliseconds(1)));

        foreach (var step in steps)
        {
            await Eventually.TrueAsync(() => step.EpochLost.IsCancellationRequested);
        }
    }

    [Fact]
    public async Task Silos_that_route_at_once_never_exceed_an_instance_s_limit()
    {
        const int Limit = 5;
        var pool = await ClusterPool.NewAsync(cluster, pool => pool with { QueueLimit = 1_000 });
        await pool.ActivateAsync("a", limit: Limit);
        await pool.ActivateAsync("b", limit: Limit);
        var most = 0;
        using var over = new CancellationTokenSource();
        var watched = Task.Run(() =>
        {
            while (!over.IsCancellationRequested)
            {
                foreach (var view in cluster.Silos.SelectMany(silo => silo.Fleet.View.Find(pool.Name)!.View.All()))
                {
                    most = Math.Max(most, view.Load.ReservedRequests);
                }
            }
        });
        var bound = new System.Collections.Concurrent.ConcurrentDictionary<InstanceId, int>();
        var peak = 0;

        await Task.WhenAll(cluster.Silos.SelectMany(silo => Enumerable.Range(0, 60).Select(async _ =>
        {
            var request = silo.Actors.Request(ClusterPool.NewRequest());
            var step = await request.StartAsync(pool.Spec(silo));
            Assert.NotNull(step.Binding);
            var at = step.Binding.Decode.Instance;
            var held = bound.AddOrUpdate(at, 1, (_, count) => count + 1);
            InterlockedMax(ref peak, held);
            await Task.Yield();
            bound.AddOrUpdate(at, 0, (_, count) => count - 1);
            await request.EndAsync(new Fleet.Requests.RequestEnd(Core.Requests.RequestOutcome.Completed, Core.Requests.AttemptCause.Completed, LegKind.Whole, 1));
        })));

        await over.CancelAsync();
        await watched;
        Assert.InRange(peak, 1, Limit);
        Assert.InRange(most, 1, Limit);
        await pool.IdleAsync();
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); value > seen; seen = Volatile.Read(ref target))
        {
            if (Interlocked.CompareExchange(ref target, value, seen) == seen)
            {
                return;
            }
        }
    }
}
