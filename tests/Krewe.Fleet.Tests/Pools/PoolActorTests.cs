using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;
using Krewe.Core.Routing;
using Krewe.Fleet.Pools;

namespace Krewe.Fleet.Tests.Pools;

public sealed class PoolActorTests
{
    [Fact]
    public async Task New_members_are_taken_after_any_number_of_old_ones_have_gone()
    {
        using var world = new World();
        await world.ConfigureAsync();
        var pool = world.Host.Pool(World.Pool);
        for (var i = 0; i < PoolActor.MaxMembers; i++)
        {
            await world.RunAsync(pool.NoticeAsync(Notice($"i{i}", 1, Liveness.Active)));
        }

        await world.RunAsync(pool.NoticeAsync(Notice("one-too-many", 1, Liveness.Active)));
        Assert.Equal(PoolActor.MaxMembers, await TotalAsync());
        await world.RunAsync(pool.NoticeAsync(Notice("i5", 2, Liveness.Removed)));
        await world.RunAsync(pool.NoticeAsync(Notice("i7", 2, Liveness.Removed) with { Admin = AdminState.Drained }));
        Assert.Equal(PoolHealth.Degraded, (await DescribeAsync()).Health.Health);

        // The drained one is forgotten first: the lost one is missed still.
        await world.RunAsync(pool.NoticeAsync(Notice("new-1", 1, Liveness.Active)));
        Assert.Equal(PoolHealth.Degraded, (await DescribeAsync()).Health.Health);
        await world.RunAsync(pool.NoticeAsync(Notice("new-2", 1, Liveness.Active)));
        Assert.Equal(PoolHealth.Healthy, (await DescribeAsync()).Health.Health);
        Assert.Equal(PoolActor.MaxMembers, await TotalAsync());

        async Task<PoolDescription> DescribeAsync() => (await world.RunAsync(pool.DescribeAsync()))!;

        async Task<int> TotalAsync() => (await DescribeAsync()).Health.Roles.Sum(role => role.Total);
    }

    [Fact]
    public async Task An_older_notice_changes_nothing()
    {
        using var world = new World();
        await world.ConfigureAsync();
        var pool = world.Host.Pool(World.Pool);
        await world.RunAsync(pool.NoticeAsync(Notice("a", 5, Liveness.Active)));

        await world.RunAsync(pool.NoticeAsync(Notice("a", 4, Liveness.Removed)));
        await world.RunAsync(pool.NoticeAsync(Notice("a", 5, Liveness.Removed)));

        Assert.Equal(PoolHealth.Healthy, (await world.RunAsync(pool.DescribeAsync()))!.Health.Health);
    }

    [Fact]
    public async Task Members_are_stored_when_they_come_and_when_they_go_and_not_else()
    {
        var store = new FaultyStore();
        using var world = new World(store);
        await world.ConfigureAsync();
        var pool = world.Host.Pool(World.Pool);
        await NoticeAsync(Notice("a", 1, Liveness.Joining));
        await NoticeAsync(Notice("b", 1, Liveness.Active));
        Assert.Equal(["a", "b"], await StoredAsync());
        var writes = Writes();

        await NoticeAsync(Notice("a", 2, Liveness.Active));
        await NoticeAsync(Notice("a", 3, Liveness.Suspect));
        await NoticeAsync(Notice("b", 2, Liveness.Active));
        Assert.Equal(writes, Writes());

        await NoticeAsync(Notice("a", 4, Liveness.Removed));
        Assert.Equal(["b"], await StoredAsync());
        await NoticeAsync(Notice("a", 5, Liveness.Joining));
        Assert.Equal(["a", "b"], await StoredAsync());

        async Task NoticeAsync(MemberNotice notice)
        {
            await world.RunAsync(pool.NoticeAsync(notice));
            world.Scheduler.RunAll();
        }

        int Writes() => store.Writes[(PoolActor.Kind, World.Pool.Value)];

        async Task<IEnumerable<string>> StoredAsync() =>
            (await store.Records<PoolRecord>(PoolActor.Kind, World.Pool.Value).LoadAsync(default))!.Members.Select(name => name.Value).Order();
    }

    [Fact]
    public async Task A_definition_set_while_the_store_could_not_be_read_stands_when_it_is_back()
    {
        var store = new FaultyStore();
        using (var before = new World(store))
        {
            await before.ConfigureAsync(pool => pool with { QueueLimit = 1 });
            await before.ConfigureAsync(pool => pool with { QueueLimit = 2 });
            await before.ConfigureAsync(pool => pool with { QueueLimit = 3 });
            await before.ActivateAsync("member");
        }

        store.FailsReads = store.FailsWrites = true;
        using var world = new World(store);
        var configured = world.ConfigureAsync(pool => pool with { QueueLimit = 77 });
        await world.AdvanceUntilAsync(() => configured.IsCompleted);
        await configured;
        Assert.Equal(77, world.Services.View.Find(World.Pool)!.Definition!.QueueLimit);

        store.FailsReads = store.FailsWrites = false;
        var records = store.Records<PoolRecord>(PoolActor.Kind, World.Pool.Value);
        await world.AdvanceUntilAsync(() => records.LoadAsync(default).GetAwaiter().GetResult()!.Definition.QueueLimit == 77);

        var stored = (await records.LoadAsync(default))!;
        Assert.Equal([new InstanceName("member")], stored.Members);
        Assert.True(stored.Version > 3);
        Assert.Equal(77, world.Services.View.Find(World.Pool)!.Definition!.QueueLimit);
    }

    [Fact]
    public async Task A_definition_made_only_because_none_was_known_gives_way_to_what_is_stored()
    {
        var store = new FaultyStore();
        using (var before = new World(store))
        {
            await before.ConfigureAsync(pool => pool with { QueueLimit = 3 });
        }

        store.FailsReads = store.FailsWrites = true;
        using var world = new World(store);
        var ensured = world.Host.Pool(World.Pool).EnsureAsync(PoolDefinition.ForModel(World.Pool, "guess")).AsTask();
        await world.AdvanceUntilAsync(() => ensured.IsCompleted);
        Assert.Equal("guess", (await ensured).Model);

        store.FailsReads = store.FailsWrites = false;
        await world.AdvanceUntilAsync(() => world.Services.View.Find(World.Pool)!.Definition!.Model == "model");
        Assert.Equal(3, world.Services.View.Find(World.Pool)!.Definition!.QueueLimit);
    }

    private static MemberNotice Notice(string name, long counter, Liveness liveness) => new(
        new InstanceName(name),
        new ViewVersion(new Epoch(1), 1, counter),
        InstanceRole.Mixed,
        EngineProtocol.Vllm,
        new TransferGroup("default"),
        liveness,
        AdminState.Open,
        liveness is Liveness.Active or Liveness.LeaseLost);
}
