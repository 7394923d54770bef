using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Core.Pools;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Local;
using Krewe.Fleet.Requests;
using Krewe.Fleet.Reservations;
using Krewe.Fleet.Telemetry;
using Krewe.Simulation.Bugs;
using Krewe.Simulation.Checks;
using Krewe.Simulation.Plans;
using Krewe.Simulation.Running;
using Krewe.Simulation.Stores;

namespace Krewe.Simulation.Silos;

/// <summary>One process of Krewe: the local host with its actors, on the simulation's thread and clock.</summary>
internal sealed class SimSilo : IDisposable
{
    public const string Model = "sim-model";

    private readonly SimulationClock _clock;
    private readonly KreweInstruments _instruments = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly LocalActorHost _host;
    private readonly Queue<Action> _held = new();
    private readonly Task[] _loops;

    public SimSilo(SiloParts parts, int number)
    {
        _clock = parts.Clock;
        Evidence = new Evidence(_clock);
        var scenario = parts.Scenario;
        Idle = scenario.Idle;
        QueueMaxWait = scenario.QueueMaxWait;
        Clock = new SiloClock(_clock, Gate, scenario.Bug == SeededBug.WallClock);
        Log = new SimLog(parts.Findings);
        Services = new FleetServices(
            new SiloId($"silo{number}"), Clock, Seeds.Random(scenario.Seed, 100 + (ulong)number), new ProbeOfSilo(parts.Engines, Evidence), new FleetOptions(), _instruments)
        {
            CancelAside = source => parts.Loop.Post(static source => ((CancellationTokenSource)source!).Cancel(), source),
        };
        SimActors? actors = null;
        _host = new LocalActorHost(new StoreOfSilo(parts.Store, this), Services, parts.Loop, Log, host => actors = new SimActors(host, this, parts));
        Actors = actors!;
        Watch = new ViewWatch(this, parts);
        _loops =
        [
            new ReservationAsserter(Services.Reservations, Actors, Services.Silo, Services.Options, Clock).RunAsync(_stopping.Token),
            new EvidenceReporter(Services, Actors).RunAsync(_stopping.Token),
        ];
    }

    public static PoolName Pool { get; } = new("sim");

    /// <summary>When the process is gone: its connections close.</summary>
    public event Action? OnKilled;

    public SiloGate Gate { get; } = new();

    public SiloClock Clock { get; }

    /// <summary>What it has seen of engines.</summary>
    public Evidence Evidence { get; }

    /// <summary>Whether another silo ran beside it, with activations of the same actors.</summary>
    public bool HadTwin { get; set; }

    public FleetServices Services { get; }

    public SimLog Log { get; }

    public ViewWatch Watch { get; }

    /// <summary>How its actors, and what speaks for engines, reach instances.</summary>
    public SimActors Actors { get; }

    /// <summary>Of a seeded bug: where the halves of attempts are.</summary>
    public Dictionary<AttemptLeg, (InstanceId Instance, Epoch Epoch)> Halves { get; } = [];

    /// <summary>Of a seeded bug: requests that were refused by what was chosen for them.</summary>
    public HashSet<RequestId> Refused { get; } = [];

    public TimeSpan Idle { get; }

    public TimeSpan QueueMaxWait { get; }

    public TimeSpan Now => _clock.Elapsed;

    /// <summary>How long it stood still in all.</summary>
    public TimeSpan StoodStill { get; private set; }

    /// <summary>Whether its loops run, that assert its reservations and tell what it sees of engines.</summary>
    public bool IsLooping => !Array.Exists(_loops, loop => loop.IsCompleted);

    /// <summary>Requests that its actors hold.</summary>
    public int RequestCount => _host.RequestCount;

    /// <summary>Whether it takes requests.</summary>
    public bool IsReady { get; private set; }

    public async Task StartAsync(PoolDefinition definition)
    {
        await new FleetStarter(_host).StartAsync([definition]);
        IsReady = true;
    }

    public IRequestRef Request(RequestId id) => _host.Request(id);

    /// <summary>Something reaches the process: now, when it goes on (in the order in which it came), or never.</summary>
    public void Deliver(Action what)
    {
        if (Gate.IsGone)
        {
            return;
        }

        if (_held.Count == 0 && Gate.StillFor(_clock) <= TimeSpan.Zero)
        {
            what();
            return;
        }

        _held.Enqueue(what);
        if (_held.Count == 1)
        {
            _clock.After(Gate.StillFor(_clock), DeliverHeld);
        }
    }

    public void After(TimeSpan delay, Action what) => _clock.After(delay, () => Deliver(what));

    public void StandStill(TimeSpan length)
    {
        StoodStill += length;
        Gate.StandStill(_clock.Elapsed + length);
    }

    private void DeliverHeld()
    {
        // It may stand still longer than was planned when they came, or again by one of them.
        while (_held.Count > 0 && !Gate.IsGone)
        {
            if (Gate.StillFor(_clock) is var still && still > TimeSpan.Zero)
            {
                _clock.After(still, DeliverHeld);
                return;
            }

            var next = _held.Peek();
            next();
            _held.Dequeue();
        }
    }

    public void Kill()
    {
        Gate.Kill();
        OnKilled?.Invoke();
        Dispose();
    }

    public void Dispose()
    {
        _instruments.Dispose();
        _stopping.Dispose();
    }
}
