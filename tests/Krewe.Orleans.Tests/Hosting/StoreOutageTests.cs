using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Instances;
using Krewe.HostConformance;
using Krewe.Orleans.Hosting;
using Krewe.Orleans.Tests.Serialization;
using Krewe.Orleans.Tests.Storage;
using Krewe.Testing;

namespace Krewe.Orleans.Tests.Hosting;

/// <summary>What the grains do while their storage is out.</summary>
public sealed class StoreOutageTests : IAsyncDisposable
{
    private static readonly PoolName Pool = new("sim");

    private readonly SqliteFile _file = new();
    private readonly FakeProbe _probe = new();
    private readonly List<SiloLife> _silos = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
        {
            silo.Storage.Heal();
            await silo.DisposeAsync();
        }

        _file.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_store_that_is_out_stops_no_activation_and_knows_all_when_it_is_back(bool hangs)
    {
        var silo = await StartAsync();
        if (hangs)
        {
            silo.Storage.Hang();
        }
        else
        {
            silo.Storage.Break();
        }

        await PoolAsync(silo);
        var reply = await Instance(silo).RegisterAsync(MessageSamples.Registration);

        Assert.Equal((InstanceVerdict.Accepted, new Epoch(1), true), (reply.Verdict, reply.Epoch, reply.IsProvisional));
        await ActiveAsync(silo, new Epoch(1));

        silo.Storage.Heal();
        await Eventually.TrueAsync(() => Rows().Count == 3, what: "the index, the pool and the instance to be stored");
        Assert.False((await Instance(silo).RegisterAsync(MessageSamples.Registration)).IsProvisional);
    }

    [Fact]
    public async Task A_store_that_blocks_its_callers_thread_blocks_no_turn()
    {
        var silo = await StartAsync();
        await PoolAsync(silo);
        await Instance(silo).RegisterAsync(MessageSamples.Registration);
        await ActiveAsync(silo, new Epoch(1));
        using var blocked = silo.Storage.Block(out var begun);

        var administered = Instance(silo).AdministerAsync(new AdminCommand(AdminAction.Cordon)).AsTask();
        await begun;
        var beat = await Instance(silo).HeartbeatAsync(new HeartbeatCommand(MessageSamples.Registration.Incarnation, 1, TimeSpan.Zero, default));

        Assert.Equal(AdminState.Cordoned, beat.Admin);
        blocked.Dispose();
        await administered;
    }

    [Fact]
    public async Task An_activation_that_could_not_read_does_not_overwrite_the_newer_truth()
    {
        var before = await StartAsync();
        await PoolAsync(before);
        await Instance(before).RegisterAsync(MessageSamples.Registration);
        _probe.Set(MessageSamples.Registration.Url, ProbeResult.TimedOut);
        await ActiveAsync(before, new Epoch(1));
        await Instance(before).DeleteAsync(MessageSamples.Registration.Incarnation);
        await Eventually.TrueAsync(() => View(before)?.Liveness == Liveness.Suspect);
        _probe.Set(MessageSamples.Registration.Url, ProbeResult.Ok);
        var second = MessageSamples.Registration with { Incarnation = new IncarnationId("second") };
        Assert.Equal(new Epoch(2), await RegisteredAsync(before, second));

        // A silo that knows nothing, and cannot ask.
        var after = await StartAsync();
        after.Storage.Break();
        var third = MessageSamples.Registration with { Incarnation = new IncarnationId("third") };
        var reply = await Instance(after).RegisterAsync(third);
        Assert.Equal((new Epoch(1), true), (reply.Epoch, reply.IsProvisional));

        after.Storage.Heal();
        await Eventually.TrueAsync(() => View(after)?.Epoch == new Epoch(2), what: "the second epoch to win");
        Assert.Equal(second.Incarnation, View(after)!.Registration.Incarnation);
        Assert.Equal(InstanceVerdict.UnknownInstance, (await Instance(after).HeartbeatAsync(new HeartbeatCommand(third.Incarnation, 1, TimeSpan.Zero, default))).Verdict);
        Assert.Contains(Rows(), row => row.Contains("\"epoch\":2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_activations_of_one_pool_reconcile_on_their_conflict()
    {
        var (one, other) = (await StartAsync(), await StartAsync());
        await PoolAsync(one);
        await other.Actors.Pool(Pool).DescribeAsync();

        await one.Actors.Pool(Pool).ConfigureAsync(Definition with { QueueLimit = 11 });
        await other.Actors.Pool(Pool).ConfigureAsync(Definition with { QueueLimit = 12 });
        await one.Actors.Pool(Pool).ConfigureAsync(Definition with { QueueLimit = 13 });

        await Eventually.TrueAsync(() => Rows().Exists(row => row.Contains("\"queueLimit\":13", StringComparison.Ordinal)));
    }

    private static PoolDefinition Definition => PoolDefinition.ForModel(Pool, "sim-model") with { LeaseTtl = TimeSpan.FromMinutes(10) };

    private static IInstanceRef Instance(SiloLife silo) => silo.Actors.Instance(new InstanceId(Pool, new InstanceName("d1")));

    private static Krewe.Core.Routing.InstanceView? View(SiloLife silo) =>
        silo.Fleet.View.Find(Pool) is { } slot && slot.View.TryGet(new InstanceId(Pool, new InstanceName("d1")), out var view) ? view : null;

    private static async Task PoolAsync(SiloLife silo)
    {
        await silo.Actors.PoolIndex.AddAsync(Pool);
        await silo.Actors.Pool(Pool).EnsureAsync(Definition);
    }

    private static Task ActiveAsync(SiloLife silo, Epoch epoch) =>
        Eventually.TrueAsync(() => View(silo) is { Liveness: Liveness.Active } view && view.Epoch == epoch);

    private static Task<Epoch> RegisteredAsync(SiloLife silo, Registration registration) => Eventually
        .ReadAsync(async () => await Instance(silo).RegisterAsync(registration), reply => reply is { Verdict: InstanceVerdict.Accepted, IsProvisional: false })
        .ContinueWith(reply => reply.Result.Epoch, TaskScheduler.Default);

    private List<string> Rows() => _file.Read("SELECT CAST(body AS TEXT) FROM krewe_record WHERE body IS NOT NULL");

    private async Task<SiloLife> StartAsync()
    {
        // The calls that wait for the store give up sooner than the suite's deadlines.
        var options = new FleetOptions { StoreReadTimeout = TimeSpan.FromMilliseconds(300), StoreWriteTimeout = TimeSpan.FromMilliseconds(300), DurableReplyWait = TimeSpan.FromMilliseconds(300) };
        // More than one at a time, on one file: what a single silo's lock prevents, a cluster may come to for a moment.
        var orleans = new KreweOrleansOptions();
        var silo = await SiloLife.StartAsync(_silos.Count + 1, _probe, options, (builder, fleet) =>
            builder.AddKreweActors(fleet, orleans).AddKreweSqliteStorage(_file.Path).UseKreweClustering(orleans));
        _silos.Add(silo);
        return silo;
    }
}
