using Krewe.Core.Identity;
using Krewe.Core.Randomness;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Telemetry;
using Krewe.HostConformance;
using Krewe.Orleans.Hosting;
using Krewe.Testing;
using Orleans.TestingHost;

namespace Krewe.Cluster.Tests.Silos;

/// <summary>Three silos in one process over one store: what goes from one to another goes through the serializer. Silos may come and go.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-cluster-").FullName;
    private readonly List<FleetServices> _fleets = [];
    private InProcessTestCluster _cluster = null!;

    public ClusterFixture()
        : this(new FakeProbe())
    {
    }

    internal ClusterFixture(FakeProbe probe) => Probe = probe;

    public FakeProbe Probe { get; }

    /// <summary>What befalls a call of an actor, by the silo that calls and the name of the call; nothing unless a test says so.</summary>
    internal Func<SiloId, string, CallFault> Faulty { get; set; } = static (_, _) => CallFault.None;

    /// <summary>The silos that run, in the order of their start.</summary>
    public IReadOnlyList<TestSilo> Silos =>
        [.. _cluster.Silos.Where(silo => silo.IsActive).Select(silo => new TestSilo(silo, _cluster.GetSiloServiceProvider(silo.SiloAddress)))];

    public async ValueTask InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(3);
        builder.Options.ServiceId = "krewe";
        builder.Options.ConfigureFileLogging = false;
        builder.Options.InitializeClientOnDeploy = false;
        builder.ConfigureSilo((_, silo) =>
        {
            FleetServices fleet;
            lock (_fleets)
            {
                var number = _fleets.Count;
                fleet = new FleetServices(new SiloId($"silo-{number}"), TimeProvider.System, new SeededRandom((ulong)number + 1), Probe, HostFixture.Options(), new KreweInstruments());
                _fleets.Add(fleet);
            }

            silo.AddOutgoingGrainCallFilter(new CallFaults((method) => Faulty(fleet.Silo, method)));
            silo.AddKreweActors(fleet, new KreweOrleansOptions()).AddKreweSqliteStorage(Path.Combine(_folder, "state.db"));
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
        await MetAsync();
    }

    /// <summary>Starts what is missing of three, whose calls are as they should be.</summary>
    public async Task MakeWholeAsync()
    {
        Faulty = static (_, _) => CallFault.None;
        while (Silos.Count < 3)
        {
            await StartAsync();
        }
    }

    /// <summary>Starts one more, and waits until all know each other.</summary>
    public async Task<TestSilo> StartAsync()
    {
        await _cluster.StartAdditionalSiloAsync();
        await MetAsync();
        return Silos[^1];
    }

    /// <summary>Ends one without a word, and waits until the others know.</summary>
    public async Task KillAsync(TestSilo silo)
    {
        await _cluster.KillSiloAsync(silo.Handle);
        await MetAsync();
    }

    /// <summary>Ends one in order, and waits until the others know.</summary>
    public async Task StopAsync(TestSilo silo)
    {
        await _cluster.StopSiloAsync(silo.Handle);
        await MetAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _fleets.ForEach(fleet => fleet.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    private Task MetAsync() => Eventually.TrueAsync(
        () => Silos is var silos && silos.All(silo => silo.Fleet.Roster.Active.Count == silos.Count && silo.Fleet.Roster.Others.Count == silos.Count - 1 && silo.Sharing.IsComplete),
        TimeSpan.FromSeconds(60),
        "the silos to know each other");
}
