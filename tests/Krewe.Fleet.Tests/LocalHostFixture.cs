using Krewe.Core.Identity;
using Krewe.Core.Randomness;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Local;
using Krewe.Fleet.Local.Storage;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Telemetry;
using Krewe.HostConformance;

namespace Krewe.Fleet.Tests;

/// <summary>The local host on a SQLite file, as <c>Krewe.Silo.Local</c> runs it.</summary>
public sealed class LocalHostFixture : HostFixture
{
    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-fleet-").FullName;
    private SqliteStateStore? _store;
    private LocalFleet? _fleet;
    private int _lives;

    public override IActors Actors => Fleet.Actors;

    public override FleetServices Services => Fleet.Services;

    private LocalFleet Fleet => _fleet ?? throw new InvalidOperationException("The silo is not running.");

    public override ValueTask InitializeAsync()
    {
        Start();
        return ValueTask.CompletedTask;
    }

    public override async ValueTask RestartAsync()
    {
        await Fleet.DisposeAsync();
        _store!.Dispose();
        Start();
    }

    // The old life's activations live on in memory, with timers and all, but their store is closed and their view is nobody's.
    public override ValueTask CrashAsync()
    {
        _store!.Dispose();
        Start();
        return ValueTask.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        await Fleet.DisposeAsync();
        _store!.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Start()
    {
        _store = SqliteStateStore.Open(Path.Combine(_folder, "state.db"));
        var life = ++_lives;
        _fleet = new LocalFleet(_store, new FleetServices(
            new SiloId($"silo-{life}"), TimeProvider.System, new SeededRandom((ulong)life), Probe, HostFixture.Options(), new KreweInstruments()));
    }
}
