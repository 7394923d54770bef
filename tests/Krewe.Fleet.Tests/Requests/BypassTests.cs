using Krewe.Core.Bypass;
using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Core.Retry;
using Krewe.Core.Time;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Requests;
using Krewe.Fleet.Reservations;
using Krewe.HostConformance;
using static Krewe.Fleet.Tests.Requests.FaultyInstances;

namespace Krewe.Fleet.Tests.Requests;

/// <summary>An actor that does not answer never fails a request.</summary>
public sealed class BypassTests : IDisposable
{
    private readonly World _world;
    private readonly FaultyInstances _actors;
    private readonly EvidenceReporter _reporter;
    private readonly Counters _counters;

    public BypassTests()
        : this(new FleetOptions())
    {
    }

    private BypassTests(FleetOptions options)
    {
        _world = new World(options: options);
        _actors = new FaultyInstances(_world.Host);
        _reporter = new EvidenceReporter(_world.Services, _actors);
        _counters = _world.Count();
    }

    public void Dispose()
    {
        _counters.Dispose();
        _world.Dispose();
    }

    [Theory]
    [InlineData(Fault.Hangs, BypassCause.Late, "late")]
    [InlineData(Fault.Throws, BypassCause.Failed, "failed")]
    public async Task A_request_whose_bind_is_not_answered_is_bound_without_it_and_says_so(object fault, BypassCause cause, string word)
    {
        await PoolAsync("a");
        _actors.Faults["a"] = (Fault)fault;

        var (request, step) = await ServeAsync();

        Assert.Equal(World.Id("a"), step.Binding!.Decode.Instance);
        var attempt = Assert.Single(request.Describe()!.Attempts);
        Assert.Equal(cause, attempt.Bypass);
        Assert.Equal(1, _counters[$"krewe.bypasses{{cause={word},outcome=bound}}"]);
        Assert.Equal((1, 1), (_world.Gauge("krewe.instances.unreached"), _world.Gauge("krewe.reservations.bypassed")));
        var entry = Assert.Single(_world.Services.Events.Newest(World.Pool, 100), entry => entry.What == "reach");
        Assert.Equal(("Unreached", word, step.Binding.Decode.Epoch), (entry.To, entry.Cause, entry.Epoch));
    }

    [Fact]
    public async Task Who_comes_next_does_not_wait_for_it_again()
    {
        await PoolAsync("a");
        _actors.Faults["a"] = Fault.Hangs;
        await ServeAsync();
        var at = _world.Time.Elapsed;

        var (request, _) = await ServeAsync();

        Assert.Equal(at, _world.Time.Elapsed);
        Assert.Equal(["a"], _actors.Asked);
        Assert.Equal(BypassCause.Unreached, request.Describe()!.Attempts[0].Bypass);
    }

    [Fact]
    public async Task Who_comes_next_goes_where_the_actor_answers_as_long_as_there_is_room()
    {
        await PoolAsync("a", "b");
        _actors.Faults["a"] = Fault.Hangs;
        while (_world.Services.Reach.IsEmpty)
        {
            await ServeAsync();
        }

        var reached = _world.View("b")!.Load.Requests;
        for (; reached < 4; reached++)
        {
            var (_, step) = await ServeAsync();
            Assert.Equal(World.Id("b"), step.Binding!.Decode.Instance);
        }

        var (_, last) = await ServeAsync();
        Assert.Equal(World.Id("a"), last.Binding!.Decode.Instance);
    }

    [Fact]
    public async Task It_is_never_bound_above_its_limit_by_what_this_silo_knows_and_what_ends_makes_room()
    {
        await PoolAsync("a");
        var (first, _) = await ServeAsync();
        _actors.Faults["a"] = Fault.Hangs;
        var others = new[] { await ServeAsync(), await ServeAsync(), await ServeAsync() };
        Assert.Equal((4, 3), (_world.View("a")!.Load.ReservedRequests, _world.Gauge("krewe.reservations.bypassed")));

        var waiting = StartAsync(out _);
        Assert.False(waiting.IsCompleted);

        // One that its actor counts, and does not hear of.
        End(first);
        Assert.Equal(World.Id("a"), (await _world.RunAsync(waiting)).Binding!.Decode.Instance);
        Assert.Equal(4, _world.View("a")!.Load.ReservedRequests);
        End(others[0].Request);
        Assert.Equal(3, _world.View("a")!.Load.ReservedRequests);
    }

    [Fact]
    public async Task An_actor_that_answers_again_takes_over_what_was_bound_without_it_once()
    {
        await PoolAsync("a");
        _actors.Faults["a"] = Fault.Hangs;
        var (first, _) = await ServeAsync();
        var (second, _) = await ServeAsync();
        End(first);
        Assert.Equal(1, _world.View("a")!.Load.ReservedRequests);

        _actors.Faults.Clear();
        await ReachedAsync();

        Assert.Equal((0, 0), (_world.Gauge("krewe.instances.unreached"), _world.Gauge("krewe.reservations.bypassed")));
        Assert.Equal((1, 10L), (_world.View("a")!.Load.ReservedRequests, _world.View("a")!.Load.ReservedTokens));
        Assert.Equal(["Reached", "Unreached"], _world.Services.Events.Newest(World.Pool, 100).Where(entry => entry.What == "reach").Select(entry => entry.To));
        End(second);
        await IdleAsync();
    }

    [Fact]
    public async Task A_bind_and_a_release_that_arrive_late_hold_nothing()
    {
        await PoolAsync("a");
        _actors.Faults["a"] = Fault.IsLate;
        var (request, _) = await ServeAsync();
        End(request);
        Assert.Equal(0, _world.View("a")!.Load.ReservedRequests);

        _actors.Faults.Clear();
        await _actors.ArriveAsync();
        await ReachedAsync();

        await IdleAsync();
    }

    [Fact]
    public async Task A_reservation_whose_release_got_lost_is_given_back_as_soon_as_the_actor_answers()
    {
        await PoolAsync("a");
        var (request, _) = await ServeAsync();
        _actors.Faults["a"] = Fault.Throws;
        var (other, _) = await ServeAsync();
        End(request);
        End(other);
        Assert.Equal(0, _world.View("a")!.Load.ReservedRequests);

        _actors.Faults.Clear();
        await ReachedAsync();

        // By the actor's own word, and at once: not when nobody has asserted it for a while.
        var reply = await _world.RunAsync(_world.Instance("a").BindAsync(new(new AttemptLeg(new AttemptId(TestPool.NewRequest(), 1), LegKind.Whole), new Epoch(1), _world.Services.Silo, 1)));
        Assert.Equal(1, reply.View!.Load.ReservedRequests);
    }

    [Fact]
    public async Task Releases_that_an_actor_heard_are_not_told_again_where_others_are_lost()
    {
        await PoolAsync("a");
        _actors.Faults["a"] = Fault.Throws;
        for (var i = 0; i < 10; i++)
        {
            End((await ServeAsync()).Request);
        }

        // Never does it hear all of them in one go.
        _actors.Faults["a"] = Fault.Flickers;
        await ReachedAsync();

        _actors.Faults.Clear();
        await IdleAsync();
    }

    [Fact]
    public async Task An_epoch_that_moved_while_the_actor_could_not_be_reached_lets_its_attempts_go()
    {
        await PoolAsync("a");
        _actors.Faults["a"] = Fault.Hangs;
        var (request, step) = await ServeAsync();

        // Another silo's doing, as this one sees it.
        await _world.RunAsync(_world.Instance("a").RegisterAsync(World.Registration("a") with { Url = new Uri("http://elsewhere.test/") }));
        await _world.UntilAsync(() => step.EpochLost.IsCancellationRequested);
        _actors.Faults.Clear();
        await ReachedAsync();

        Assert.Equal(0, _world.View("a")!.Load.ReservedRequests);
        End(request);
        await IdleAsync();
    }

    [Fact]
    public async Task Both_halves_of_a_pair_are_bound_without_their_actors_after_one_wait()
    {
        await _world.ConfigureAsync(pool => pool with { LeaseTtl = TimeSpan.FromMinutes(10) });
        await _world.ActivateAsync("p", role: Core.Instances.InstanceRole.Prefill);
        await _world.ActivateAsync("d", role: Core.Instances.InstanceRole.Decode);
        _actors.Faults["p"] = _actors.Faults["d"] = Fault.Hangs;
        var at = _world.Time.Elapsed;

        var (request, step) = await ServeAsync();

        Assert.True(step.Binding!.IsDisaggregated);
        Assert.Equal(_world.Services.Options.BindTimeout, _world.Time.Elapsed - at);
        End(request);
        _actors.Faults.Clear();
        await ReachedAsync();
        await IdleAsync();
    }

    [Fact]
    public async Task What_a_waiting_request_gives_back_itself_does_not_make_it_ask_without_end()
    {
        await _world.ConfigureAsync(pool => pool with { LeaseTtl = TimeSpan.FromMinutes(10) });
        await _world.ActivateAsync("p", role: Core.Instances.InstanceRole.Prefill);
        await _world.ActivateAsync("d", limit: 1, role: Core.Instances.InstanceRole.Decode);
        var (first, _) = await ServeAsync();

        // The last word of the decode half's actor is a new activation's, which knows of nothing: there seems to be room.
        var view = _world.View("d")!;
        _world.Services.View.Apply(view with { Load = default, Version = view.Version with { Counter = view.Version.Counter + 1_000 } });
        _actors.Faults["p"] = _actors.Faults["d"] = Fault.Throws;
        var waiting = StartAsync(out var second);

        // Each try takes the prefill half without its actor and gives it back: news to whoever waits, this request among them.
        Assert.False(waiting.IsCompleted);
        Assert.InRange(Tries(), 2, 5);
        _world.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(Tries(), 20, 50);

        End(first);
        await _world.AdvanceUntilAsync(() => waiting.IsCompleted);
        Assert.True((await waiting).Binding!.IsDisaggregated);
        End(second);
        _actors.Faults.Clear();
        await ReachedAsync();
        await IdleAsync();

        long Tries() => _counters["krewe.bypasses{cause=failed,outcome=full}"] + _counters["krewe.bypasses{cause=unreached,outcome=full}"];
    }

    [Fact]
    public async Task With_a_limit_of_zero_nothing_is_bound_without_its_actor()
    {
        using var strict = new BypassTests(new FleetOptions { BypassLimit = TimeSpan.Zero });
        await strict.PoolAsync("a");
        strict._actors.Faults["a"] = Fault.Throws;

        var start = strict.StartAsync(out _);

        Assert.False(start.IsCompleted);
        Assert.Equal(1, strict._counters["krewe.bypasses{cause=failed,outcome=too_long}"]);
    }

    private async Task PoolAsync(params IEnumerable<string> names)
    {
        await _world.ConfigureAsync(pool => pool with { LeaseTtl = TimeSpan.FromMinutes(10) });
        foreach (var name in names)
        {
            await _world.ActivateAsync(name);
        }
    }

    private Task<RequestStep> StartAsync(out RequestActor actor)
    {
        actor = new RequestActor(TestPool.NewRequest(), _actors, _world.Services);
        return actor.StartAsync(new RequestSpec
        {
            Pool = World.Pool,
            Model = "model",
            PromptTokens = 10,
            AllowDisaggregated = true,
            Stream = true,
            Deadline = Deadline.In(TimeSpan.FromMinutes(1), _world.Time.GetMonotonic()),
        }).AsTask();
    }

    private async Task<(RequestActor Request, RequestStep Step)> ServeAsync()
    {
        var start = StartAsync(out var actor);
        await _world.AdvanceUntilAsync(() => start.IsCompleted);
        var step = await start;
        Assert.NotNull(step.Binding);
        return (actor, step);
    }

    private static void End(RequestActor request) => request.End(new RequestEnd(RequestOutcome.Completed, AttemptCause.Completed, LegKind.Whole, 1));

    private Task ReachedAsync() => _world.UntilAsync(() =>
    {
        _reporter.Look();
        return _world.Services.Reach.IsEmpty;
    });

    private async Task IdleAsync()
    {
        await _world.UntilAsync(() => _world.Services.View.Find(World.Pool)!.View.All().All(view => view.Load is { ReservedRequests: 0, ReservedTokens: 0 }));
        Assert.Equal(0, _world.Gauge("krewe.reservations.bypassed"));
        Assert.Equal(0, _world.Services.Reservations.Count);
    }
}
