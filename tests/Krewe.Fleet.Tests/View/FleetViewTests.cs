using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Pools;
using Krewe.Core.Routing;
using Krewe.Fleet.View;
using Krewe.Testing;

namespace Krewe.Fleet.Tests.View;

public sealed class FleetViewTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly FleetView _view;

    public FleetViewTests() => _view = new FleetView(_time);

    public void Dispose() => _view.Dispose();

    [Fact]
    public void What_is_older_never_overwrites_what_is_newer()
    {
        ViewVersion[] rising =
        [
            new(new Epoch(1), 1, 1), new(new Epoch(1), 1, 2), new(new Epoch(1), 2, 1), new(new Epoch(1), 2, 9), new(new Epoch(2), 1, 1), new(new Epoch(3), 1, 1),
        ];
        for (var newest = 0; newest < rising.Length; newest++)
        {
            Assert.True(_view.Apply(Instance(rising[newest], reserved: newest)));
            for (var other = 0; other <= newest; other++)
            {
                Assert.False(_view.Apply(Instance(rising[other], reserved: 99)));
            }

            Assert.Equal(newest, Seen().Load.ReservedRequests);
        }
    }

    [Fact]
    public void Views_that_arrive_from_all_sides_end_with_the_newest()
    {
        var order = Enumerable.Range(1, 2000).Select(counter => new ViewVersion(new Epoch(1), 1, counter)).ToArray();
        new Random(5).Shuffle(order);

        Parallel.ForEach(order, version => _view.Apply(Instance(version, reserved: (int)version.Counter)));

        Assert.Equal(2000, Seen().Load.ReservedRequests);
    }

    [Fact]
    public void Who_watches_an_instance_is_called_for_what_is_newer_until_the_watch_ends()
    {
        var (first, second, other) = (0, 0, 0);
        var id = Instance(new ViewVersion(new Epoch(1), 1, 1), reserved: 0).Id;
        var one = _view.Watch(id, () => first++);
        using var two = _view.Watch(id, () => second++);
        using var elsewhere = _view.Watch(id with { Name = new InstanceName("another") }, () => other++);
        _view.Apply(Instance(new ViewVersion(new Epoch(1), 1, 2), reserved: 1));
        _view.Apply(Instance(new ViewVersion(new Epoch(1), 1, 1), reserved: 2));
        Assert.Equal((1, 1, 0), (first, second, other));

        one.Dispose();
        one.Dispose();
        _view.Apply(Instance(new ViewVersion(new Epoch(1), 1, 3), reserved: 3));
        Assert.Equal((1, 2, 0), (first, second, other));
    }

    [Fact]
    public void A_pool_is_found_by_its_model_and_its_aliases_until_they_change()
    {
        _view.Apply(new PoolPublication(Pool("p", "model", "alias"), 1));
        Assert.Equal("p", _view.FindByModel("model")?.Name.Value);
        Assert.Equal("p", _view.FindByModel("alias".AsSpan())?.Name.Value);
        Assert.Null(_view.FindByModel("Alias"));

        Assert.False(_view.Apply(new PoolPublication(Pool("p", "stale"), 1)));
        Assert.True(_view.Apply(new PoolPublication(Pool("p", "model-2", "alias-2"), 2)));

        Assert.Null(_view.FindByModel("model"));
        Assert.Null(_view.FindByModel("alias".AsSpan()));
        Assert.Equal("p", _view.FindByModel("model-2")?.Name.Value);
        Assert.Equal("p", _view.FindByModel("alias-2")?.Name.Value);
        Assert.Null(_view.FindByModel("stale"));
    }

    [Fact]
    public void Of_two_pools_that_claim_a_model_the_first_by_name_has_it_whichever_came_first()
    {
        _view.Apply(new PoolPublication(Pool("b", "model"), 1));
        _view.Apply(new PoolPublication(Pool("a", "other", "model"), 1));
        _view.Apply(new PoolPublication(Pool("c", "model"), 1));

        Assert.Equal("a", _view.FindByModel("model")?.Name.Value);
        Assert.Equal(3, _view.Pools.Count());
    }

    [Fact]
    public void A_pool_of_which_only_instances_are_known_has_no_definition_yet()
    {
        _view.Apply(Instance(new ViewVersion(new Epoch(1), 1, 1)));

        Assert.Null(_view.Find(World.Pool)!.Definition);
        Assert.Equal(LeaseOptions.Default, _view.Find(World.Pool)!.Lease);
        Assert.Equal(RoutingPolicies.DefaultName, _view.Find(World.Pool)!.RoutingPolicy.Name);
    }

    [Fact]
    public void A_policy_that_this_release_does_not_know_falls_back_to_the_usual()
    {
        _view.Apply(new PoolPublication(Pool("p", "model") with { Policy = "of-a-later-release" }, 1));

        Assert.Equal(RoutingPolicies.DefaultName, _view.Find(new PoolName("p"))!.RoutingPolicy.Name);
    }

    [Fact]
    public void The_usual_times_are_those_of_the_default_lease()
    {
        _view.Apply(new PoolPublication(Pool("p", "model"), 1));

        Assert.Equal(LeaseOptions.Default, _view.Find(new PoolName("p"))!.Lease);
    }

    [Fact]
    public void Whatever_times_a_pool_may_name_the_others_fit_them()
    {
        TimeSpan[] leases = [.. Spans(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10))];
        TimeSpan[] windows = [.. Spans(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1))];
        var version = 0L;
        foreach (var (lease, window) in leases.SelectMany(_ => windows, (lease, window) => (lease, window)))
        {
            _view.Apply(new PoolPublication(Pool("p", "model") with { LeaseTtl = lease, SuspectWindow = window }, ++version));

            var times = _view.Find(new PoolName("p"))!.Lease;

            Assert.Equal((lease, window), (times.Ttl, times.SuspectWindow));
            Assert.True(times.Validate().Count == 0, $"lease {lease}, window {window}: {string.Join(' ', times.Validate())}");
        }

        static IEnumerable<TimeSpan> Spans(TimeSpan least, TimeSpan most)
        {
            for (var span = least; span < most; span *= 1.7)
            {
                yield return span;
            }

            yield return most;
        }
    }

    [Fact]
    public async Task A_waiting_request_hears_of_room_and_of_nothing_else()
    {
        _view.Apply(Instance(new ViewVersion(new Epoch(1), 1, 1), reserved: 4));
        var slot = _view.Find(World.Pool)!;
        using var waiter = slot.Admission.TryEnter(new(new(long.MaxValue)), 10)!;
        await waiter.NextTurnAsync(default);
        var turn = waiter.NextTurnAsync(default).AsTask();

        _view.Apply(Instance(new ViewVersion(new Epoch(1), 1, 2), reserved: 4));
        _view.Apply(Instance(new ViewVersion(new Epoch(1), 1, 1), reserved: 0));
        _view.Apply(Instance(new ViewVersion(new Epoch(1), 1, 3), reserved: 3) with { Schedulable = false });
        Assert.False(turn.IsCompleted);
        _view.Apply(Instance(new ViewVersion(new Epoch(1), 1, 4), reserved: 4));
        await turn.WaitAsync(Eventually.DefaultDeadline);

        turn = waiter.NextTurnAsync(default).AsTask();
        Assert.False(turn.IsCompleted);
        _view.Apply(Instance(new ViewVersion(new Epoch(1), 1, 5), reserved: 3));
        await turn.WaitAsync(Eventually.DefaultDeadline);

        turn = waiter.NextTurnAsync(default).AsTask();
        _view.Apply(Instance(new ViewVersion(new Epoch(1), 1, 6), reserved: 3) with { Limit = 8 });
        await turn.WaitAsync(Eventually.DefaultDeadline);
    }

    private static PoolDefinition Pool(string name, string model, params string[] aliases) => PoolDefinition.ForModel(new PoolName(name), model) with { Aliases = aliases };

    private static InstanceView Instance(ViewVersion version, int reserved = 0) => new()
    {
        Id = World.Id("a"),
        Version = version,
        Registration = World.Registration("a"),
        Liveness = Liveness.Active,
        Admin = AdminState.Open,
        Breaker = BreakerState.Closed,
        Schedulable = true,
        Load = new LoadSnapshot(reserved, reserved, 0, default),
        Limit = 4,
    };

    private InstanceView Seen() => _view.Find(World.Pool)!.View.TryGet(World.Id("a"), out var view) ? view : throw new InvalidOperationException();
}
