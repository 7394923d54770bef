using Krewe.Core.Identity;
using Krewe.Core.Pools;
using Krewe.Core.Randomness;
using Krewe.Simulation.Agents;
using Krewe.Simulation.Checks;
using Krewe.Simulation.Engines;
using Krewe.Simulation.Gateways;
using Krewe.Simulation.Network;
using Krewe.Simulation.Plans;
using Krewe.Simulation.Silos;
using Krewe.Simulation.Stores;

namespace Krewe.Simulation.Running;

/// <summary>Everything that one run consists of.</summary>
internal sealed class World : IDisposable
{
    private readonly SiloParts _parts;
    private readonly SeededRandom _agentChance;
    private readonly SeededRandom _twinChance;
    private readonly PoolDefinition _pool;
    // Kept, so that no finalizer runs what they left behind.
    private readonly List<SimSilo> _gone = [];
    private int _silos;
    private int _ports = 9000;

    public World(Scenario scenario, bool keepsText)
    {
        Scenario = scenario;
        Clock = new SimulationClock();
        Trace = new Trace(Clock, keepsText);
        Findings = new Findings(Clock);
        Loop = new SimulationLoop(Clock, Chance(1));
        Network = new SimNetwork(Clock, Chance(2), scenario);
        Stored = new StoredCheck(Findings);
        Store = new SimStore(Clock, Chance(3), Stored, Trace);
        Dispatches = new DispatchCheck(Clock, Findings, Trace);
        Engines = new EngineFleet(Clock, Chance(4), Network, scenario, Dispatches);
        Releases = new ReleaseCheck(Clock, Findings, scenario);
        Requests = new RequestCheck(Clock, Findings, Trace);
        _agentChance = Chance(5);
        _twinChance = Chance(6);
        _parts = new SiloParts(scenario, Clock, Loop, Network, Store, Engines, Trace, Findings, Releases, Stored, Seen);
        _pool = PoolDefinition.ForModel(SimSilo.Pool, SimSilo.Model) with
        {
            Policy = scenario.Policy,
            QueueLimit = scenario.QueueLimit,
            QueueMaxWait = scenario.QueueMaxWait,
            Idle = scenario.Idle,
        };
    }

    public Scenario Scenario { get; }

    public SimulationClock Clock { get; }

    public SimulationLoop Loop { get; }

    public Trace Trace { get; }

    public Findings Findings { get; }

    public SimNetwork Network { get; }

    public SimStore Store { get; }

    public StoredCheck Stored { get; }

    public EngineFleet Engines { get; }

    public DispatchCheck Dispatches { get; }

    public ReleaseCheck Releases { get; }

    public RequestCheck Requests { get; }

    /// <summary>Null while it is down.</summary>
    public SimSilo? Silo { get; private set; }

    /// <summary>An older silo that runs on beside it; null mostly.</summary>
    public SimSilo? Twin { get; private set; }

    /// <summary>What was seen over the run, and how often: so that a test can tell that nothing was left out.</summary>
    public Tally Seen { get; } = new();

    /// <summary>All agents that ever were.</summary>
    public List<SimAgent> Agents { get; } = [];

    /// <summary>Calls that are being served.</summary>
    public List<SimCall> Calls { get; } = [];

    public void StartSilo()
    {
        var silo = new SimSilo(_parts, ++_silos);
        Silo = silo;
        Trace.Add("silo starts", silo.Services.Silo.Value);
        _ = silo.StartAsync(_pool);
    }

    public void KillSilo()
    {
        Trace.Add("silo ends", Silo?.Services.Silo.Value ?? "");
        if (Silo is { } silo)
        {
            Silo = null;
            End(silo);
        }
    }

    /// <summary>Another silo starts on the same store, as after a false verdict that the first one is dead.</summary>
    public bool StartTwin()
    {
        if (Twin is not null || Silo is not { IsReady: true } first)
        {
            return false;
        }

        Twin = first;
        StartSilo();
        first.HadTwin = Silo!.HadTwin = true;
        return true;
    }

    public void EndTwin()
    {
        if (Twin is { } twin)
        {
            Trace.Add("twin ends", twin.Services.Silo.Value);
            Twin = null;
            End(twin);
        }
    }

    /// <summary>Adds what the silos that run have in their journals.</summary>
    public void Harvest()
    {
        Seen.AddJournal(Silo);
        Seen.AddJournal(Twin);
    }

    public void OnSettled()
    {
        Silo?.Watch.OnSettled();
        Twin?.Watch.OnSettled();
    }

    /// <summary>A process with its agent starts under a name.</summary>
    public SimAgent StartEngine(PlannedInstance instance, Uri? url = null)
    {
        var process = Engines.Start(instance.Name, url ?? new Uri($"http://{instance.Name}.sim:{++_ports}/"), instance.Role);
        return StartAgent(process, instance.Limit);
    }

    public SimAgent StartAgent(EngineProcess process, int limit)
    {
        var agent = new SimAgent(Clock, _agentChance, Network, Engines.Node(process.Name), Reach, process, limit);
        Agents.Add(agent);
        Trace.Add("agent starts", process.Incarnation);
        return agent;
    }

    public void Call(PlannedRequest plan)
    {
        if (Reach() is not { IsReady: true } silo)
        {
            return;
        }

        var seed = Seeds.Mix(Scenario.Seed + ((ulong)plan.Number << 48));
        var call = new SimCall
        {
            Plan = plan,
            Silo = silo,
            Id = new RequestId(Scenario.Seed, (ulong)plan.Number),
            Seed = seed,
            Client = new SimClient(plan, seed, Findings),
            StartedAt = Clock.Elapsed,
        };
        Calls.Add(call);
        if (plan.LeavesAfter is { } leaves)
        {
            Clock.After(leaves, () => Leave(call, silo));
        }

        silo.Deliver(() => _ = new SimGateway(silo, Engines, Requests, Dispatches, Releases, Seen, Scenario.Bug).ServeAsync(call));
    }

    public void Dispose()
    {
        Silo?.Dispose();
        Twin?.Dispose();
    }

    private void End(SimSilo silo)
    {
        Seen.AddJournal(silo);
        silo.Kill();
        _gone.Add(silo);
        foreach (var call in Calls.Where(call => call.Silo == silo && !call.IsOver))
        {
            call.IsOver = true;
            Requests.OnLost(call);
        }

        Calls.RemoveAll(call => call.Silo == silo);
    }

    // Who calls while there are two finds either.
    private SimSilo? Reach() => Twin is { } twin && (_twinChance.Next(3) == 0 || Silo is not { IsReady: true }) ? twin : Silo;

    private void Leave(SimCall call, SimSilo silo)
    {
        if (!call.IsOver)
        {
            call.Client.Leave();
            Trace.Add("client leaves", call.Plan.Number.ToString(System.Globalization.CultureInfo.InvariantCulture));
            silo.Deliver(call.ClientGone.Cancel);
            Releases.OnLeft(call, silo);
        }
    }

    private SeededRandom Chance(ulong purpose) => Seeds.Random(Scenario.Seed, purpose);
}
