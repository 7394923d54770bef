using System.Net;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;
using Krewe.Core.Randomness;
using Krewe.Core.Routing;
using Krewe.Engines.Http;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Local;
using Krewe.Fleet.Local.Storage;
using Krewe.Fleet.Telemetry;
using Krewe.Gateway.Polling;
using Krewe.Gateway.Serving;
using Krewe.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Gateway.Tests.Polling;

/// <summary>Real engines' <c>/health</c> and <c>/metrics</c>, a real fleet, real time: tests wait for what must come.</summary>
public sealed class DeclaredInstancePollerTests
{
    private static readonly PoolName Pool = new("sim");
    private static readonly InstanceName Name = new("e1");

    [Fact]
    public async Task A_declared_engine_is_registered_and_kept_alive_with_its_load()
    {
        await using var engine = await FakeEngine.StartAsync(FakeEngine.Page(running: 3, start: 1_700_000_000));
        await using var silo = new Silo();
        await silo.DeclareAsync(engine.Url);

        var view = await silo.SeenAsync(seen => seen.Schedulable && seen.Load.Reported.Running == 3);

        Assert.Equal("process-1700000000", view.Registration.Incarnation.Value);
        Assert.Equal((EngineProtocol.Vllm, InstanceRole.Mixed, "m"), (view.Registration.Protocol, view.Registration.Role, view.Registration.Model));
        Assert.Equal((2, 0.25), (view.Load.Reported.Waiting, view.Load.Reported.KvUsage));

        engine.Metrics = FakeEngine.Page(running: 8, start: 1_700_000_000);
        var later = await silo.SeenAsync(seen => seen.Load.Reported.Running == 8);
        Assert.Equal((view.Epoch, Liveness.Active), (later.Epoch, later.Liveness));
    }

    [Fact]
    public async Task A_process_that_started_anew_is_a_new_incarnation_even_if_it_was_never_seen_down()
    {
        await using var engine = await FakeEngine.StartAsync(FakeEngine.Page(0, 1_700_000_000));
        await using var silo = new Silo();
        await silo.DeclareAsync(engine.Url);
        await silo.SeenAsync(seen => seen.Liveness is Liveness.Active);

        engine.Metrics = FakeEngine.Page(0, 1_700_000_500);

        var view = await silo.SeenAsync(seen => seen.Epoch.Value == 2 && seen.Liveness is Liveness.Active);
        Assert.Equal("process-1700000500", view.Registration.Incarnation.Value);
    }

    [Fact]
    public async Task An_engine_without_a_start_that_dies_and_comes_back_is_a_new_incarnation()
    {
        await using var engine = await FakeEngine.StartAsync(metrics: null);
        await using var silo = new Silo();
        await silo.DeclareAsync(engine.Url);
        var first = await silo.SeenAsync(seen => seen.Liveness is Liveness.Active);

        // The silo's probe may see a death that fell between two polls; without a start time the poller cannot know of
        // that one. A few deaths are noticed for certain.
        var second = first;
        for (var deaths = 0; deaths < 10 && second.Registration.Incarnation == first.Registration.Incarnation; deaths++)
        {
            await engine.DieAsync();
            await silo.SeenAsync(seen => !seen.Schedulable);
            await engine.ComeBackAsync();
            second = await silo.SeenAsync(seen => seen.Liveness is Liveness.Active);
        }

        Assert.NotEqual(first.Registration.Incarnation, second.Registration.Incarnation);
        Assert.True(second.Epoch > first.Epoch);
    }

    [Fact]
    public async Task An_engine_that_says_it_is_unhealthy_loses_its_lease_and_keeps_its_life()
    {
        await using var engine = await FakeEngine.StartAsync(metrics: null);
        await using var silo = new Silo();
        await silo.DeclareAsync(engine.Url);
        var before = await silo.SeenAsync(seen => seen.Liveness is Liveness.Active);

        engine.Status = 503;
        await silo.SeenAsync(seen => seen.Liveness is Liveness.Suspect);
        engine.Status = 200;

        var after = await silo.SeenAsync(seen => seen.Liveness is Liveness.Active);
        Assert.Equal((before.Epoch, before.Registration.Incarnation), (after.Epoch, after.Registration.Incarnation));
    }

    [Fact]
    public async Task An_engine_that_operators_drained_comes_back_only_as_a_new_life()
    {
        await using var engine = await FakeEngine.StartAsync(FakeEngine.Page(0, 1_700_000_000));
        await using var silo = new Silo();
        await silo.DeclareAsync(engine.Url);
        await silo.SeenAsync(seen => seen.Liveness is Liveness.Active);

        await silo.Fleet.Actors.Instance(new InstanceId(Pool, Name)).AdministerAsync(new AdminCommand(AdminAction.Drain));
        await silo.SeenAsync(seen => seen is { Liveness: Liveness.Removed, Admin: AdminState.Drained });
        engine.Metrics = FakeEngine.Page(0, 1_700_000_900);

        var view = await silo.SeenAsync(seen => seen.Liveness is Liveness.Active);
        Assert.Equal((2, "process-1700000900"), (view.Epoch.Value, view.Registration.Incarnation.Value));
    }

    [Fact]
    public async Task What_is_declared_no_more_is_drained_and_comes_back_when_it_is_declared_again()
    {
        await using var engine = await FakeEngine.StartAsync(FakeEngine.Page(0, 1_700_000_000));
        await using var silo = new Silo();
        await silo.DeclareAsync(engine.Url);
        await silo.SeenAsync(seen => seen.Liveness is Liveness.Active);

        await silo.DeclareAsync(null);
        await silo.SeenAsync(seen => seen is { Liveness: Liveness.Removed, Admin: AdminState.Drained });
        await silo.DeclareAsync(engine.Url);

        var view = await silo.SeenAsync(seen => seen.Liveness is Liveness.Active);
        Assert.Equal(2, view.Epoch.Value);
    }

    [Fact]
    public async Task A_declaration_that_moves_elsewhere_moves_the_instance()
    {
        await using var old = await FakeEngine.StartAsync(FakeEngine.Page(0, 1_700_000_000));
        await using var next = await FakeEngine.StartAsync(FakeEngine.Page(0, 1_700_000_007));
        await using var silo = new Silo();
        await silo.DeclareAsync(old.Url);
        await silo.SeenAsync(seen => seen.Liveness is Liveness.Active);

        await silo.DeclareAsync(next.Url);

        var view = await silo.SeenAsync(seen => seen.Epoch.Value == 2 && seen.Liveness is Liveness.Active);
        Assert.Equal(next.Url, view.Registration.Url);
    }

    [Fact]
    public async Task A_poller_that_starts_again_goes_on_with_the_life_that_is_registered()
    {
        await using var engine = await FakeEngine.StartAsync(metrics: null);
        await using var silo = new Silo();
        await silo.DeclareAsync(engine.Url);
        var before = await silo.SeenAsync(seen => seen.Liveness is Liveness.Active);

        await silo.RestartPollerAsync();

        // A renewal numbers the heartbeats anew; an epoch that stays says that the life does.
        var counted = before.Version;
        var after = await silo.SeenAsync(seen => seen.Version > counted && seen.Liveness is Liveness.Active && seen.ReportedAt > before.ReportedAt);
        Assert.Equal((before.Epoch, before.Registration.Incarnation), (after.Epoch, after.Registration.Incarnation));
    }

    [Fact]
    public async Task An_address_outside_of_the_pools_networks_is_not_dialled()
    {
        await using var engine = await FakeEngine.StartAsync(metrics: null);
        await using var silo = new Silo();
        await silo.DeclareAsync(engine.Url, IPNetwork.Parse("10.0.0.0/8"));
        await using var allowed = await FakeEngine.StartAsync(metrics: null);
        await silo.DeclareAsync(new PoolName("other"), "m2", allowed.Url);

        // The other one was polled meanwhile: time enough for this one.
        await Eventually.TrueAsync(() => silo.Fleet.Services.View.Find(new PoolName("other"))?.View.All().Any(seen => seen.Liveness is Liveness.Active) == true);
        Assert.Equal(0, silo.Fleet.Services.View.Find(Pool)!.View.Count);
    }

    private sealed class Silo : IAsyncDisposable
    {
        private readonly EngineClients _clients;
        private CancellationTokenSource _stop = new();
        private Task _polling;

        public Silo()
        {
            FleetServices? services = null;
            _clients = new EngineClients(pool => services?.View.Find(pool)?.Definition, new EngineClientOptions());
            services = new FleetServices(
                new SiloId("silo-test"),
                TimeProvider.System,
                new SeededRandom(7),
                new EngineProbe(_clients, TimeProvider.System),
                new FleetOptions(),
                new KreweInstruments());
            Fleet = new LocalFleet(new MemoryStateStore(), services);
            _polling = Start();
        }

        public LocalFleet Fleet { get; }

        public Task DeclareAsync(Uri? url, IPNetwork? network = null) => DeclareAsync(Pool, "m", url, network);

        public async Task DeclareAsync(PoolName pool, string model, Uri? url, IPNetwork? network = null)
        {
            var definition = PoolDefinition.ForModel(pool, model) with
            {
                // Short enough that a test need not wait for the usual times.
                LeaseTtl = TimeSpan.FromMilliseconds(600),
                Instances = url is null ? [] : [new DeclaredInstance { Name = Name, Url = url, Protocol = EngineProtocol.Vllm }],
            };
            definition = network is { } only ? definition with { Addresses = [only] } : definition;
            await Fleet.Actors.Pool(pool).ConfigureAsync(definition);
        }

        public async Task<InstanceView> SeenAsync(Func<InstanceView, bool> until) => (await Eventually.ReadAsync(
            () => Task.FromResult(Fleet.Services.View.Find(Pool)?.View.All().SingleOrDefault()),
            seen => seen is not null && until(seen)))!;

        public async Task RestartPollerAsync()
        {
            await StopAsync();
            _stop = new CancellationTokenSource();
            _polling = Start();
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            await Fleet.DisposeAsync();
            _clients.Dispose();
        }

        private Task Start() =>
            new DeclaredInstancePoller(Fleet.Services, Fleet.Actors, _clients, NullLogger<DeclaredInstancePoller>.Instance).RunAsync(_stop.Token);

        private async Task StopAsync()
        {
            await _stop.CancelAsync();
            await _polling;
            _stop.Dispose();
        }
    }
}
