using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Fleet.Instances;
using Krewe.Testing;
using Xunit;

namespace Krewe.HostConformance;

/// <summary>Definition, membership and health of pools.</summary>
public abstract class PoolConformance(HostFixture host) : ConformanceTest(host)
{
    [Fact]
    public async Task A_pool_that_nobody_made_has_no_description()
    {
        Assert.Null(await Host.Actors.Pool(new PoolName("never-made")).DescribeAsync());
    }

    [Fact]
    public async Task A_pool_is_made_once_by_whoever_needs_it_first()
    {
        var name = new PoolName("ensured");
        var first = await Host.Actors.Pool(name).EnsureAsync(PoolDefinition.ForModel(name, "first-model"));
        var second = await Host.Actors.Pool(name).EnsureAsync(PoolDefinition.ForModel(name, "second-model"));

        Assert.Equal(("first-model", "first-model"), (first.Model, second.Model));
        await Eventually.TrueAsync(() => Host.Services.View.FindByModel("first-model")?.Name == name);
        Assert.Null(Host.Services.View.FindByModel("second-model"));
    }

    [Fact]
    public async Task A_changed_definition_reaches_the_view_with_all_that_hangs_on_it()
    {
        var pool = await PoolAsync();
        var (model, alias) = ($"{pool.Name}-other", $"{pool.Name}-alias");

        await pool.Actor.ConfigureAsync(pool.Definition with { Model = model, Aliases = [alias], Policy = "round-robin", QueueLimit = 3 });

        await Eventually.TrueAsync(() => Host.Services.View.FindByModel(alias)?.Name == pool.Name);
        Assert.Equal(pool.Name, Host.Services.View.FindByModel(model)?.Name);
        Assert.Null(Host.Services.View.FindByModel(pool.Definition.Model));
        Assert.Equal(("round-robin", 3), (pool.Slot.RoutingPolicy.Name, pool.Slot.Definition!.QueueLimit));
    }

    [Fact]
    public async Task The_index_names_every_pool_once()
    {
        var pool = await PoolAsync();
        await Host.Actors.PoolIndex.AddAsync(pool.Name);

        Assert.Single(await Host.Actors.PoolIndex.ListAsync(), name => name == pool.Name);
    }

    [Fact]
    public async Task Its_health_follows_its_members()
    {
        var pool = await PoolAsync();
        Assert.Equal(PoolHealth.Down, (await pool.Actor.DescribeAsync())!.Health.Health);

        await pool.ActivateAsync("a");
        await HealthAsync(pool, PoolHealth.Healthy);
        await pool.ActivateAsync("b");
        Host.Probe.Set(pool.Url("b"), ProbeResult.Refused);
        await pool.Instance("b").ObserveAsync(new Observation(ObservationKind.ConnectionFailed, new Epoch(1)));
        await pool.ReachAsync("b", Liveness.Removed);
        await HealthAsync(pool, PoolHealth.Degraded);
        Host.Probe.Set(pool.Url("b"), ProbeResult.Ok);
        await pool.ActivateAsync("b");
        await HealthAsync(pool, PoolHealth.Healthy);

        await Eventually.TrueAsync(() => Host.Services.Events.Newest(pool.Name, 100).Any(entry => entry is { What: "health", From: "Healthy", To: "Degraded", Instance: null }));
    }

    [Fact]
    public async Task A_fail_fast_pool_is_down_with_the_first_member_lost()
    {
        var pool = await PoolAsync(pool => Steady(pool) with { FailureMode = FailureMode.FailFast });
        await pool.ActivateAsync("a");
        await pool.ActivateAsync("b");
        await HealthAsync(pool, PoolHealth.Healthy);

        Host.Probe.Set(pool.Url("b"), ProbeResult.Refused);
        await pool.Instance("b").ObserveAsync(new Observation(ObservationKind.ConnectionFailed, new Epoch(1)));

        await HealthAsync(pool, PoolHealth.Down);
    }

    [Fact]
    public async Task A_drained_member_is_not_missed()
    {
        var pool = await PoolAsync();
        await pool.ActivateAsync("a");
        await pool.ActivateAsync("b");

        await pool.Instance("b").AdministerAsync(new AdminCommand(AdminAction.Drain, TimeSpan.FromMinutes(1)));
        await pool.ReachAsync("b", Liveness.Removed);

        await Eventually.ReadAsync(
            async () => (await pool.Actor.DescribeAsync())!.Health,
            health => health.Health == PoolHealth.Healthy && health.Roles.Sum(role => role.Total) == 1);
    }

    private static Task HealthAsync(TestPool pool, PoolHealth health) =>
        Eventually.ReadAsync(async () => (await pool.Actor.DescribeAsync())!.Health, report => report.Health == health, what: $"the pool to be {health}");
}
