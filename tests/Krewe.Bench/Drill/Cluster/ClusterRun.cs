using Krewe.Bench.Drill.Cluster.Rig;
using Krewe.Bench.Drill.Cluster.Verdict;
using Krewe.Bench.Drill.Load;
using Krewe.Testing;

namespace Krewe.Bench.Drill.Cluster;

/// <summary>One drill of a cluster under way: what a scenario acts on, and where it notes what it did and saw.</summary>
internal sealed class ClusterRun : DrillFindings
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SiloLife> _lives = [];
    private readonly ClusterWatch _watch;

    public ClusterRun(ClusterRig rig, OpenLoopLoad load, ClusterWatch watch, DrillClock clock)
    {
        Rig = rig;
        Load = load;
        Clock = clock;
        _watch = watch;
        rig.Silos.ToList().ForEach(Know);
        rig.Joined = Know;
    }

    public ClusterRig Rig { get; }

    public OpenLoopLoad Load { get; }

    public DrillClock Clock { get; }

    public TimeSpan? FaultAt { get; private set; }

    public TimeSpan? OutageUntil { get; set; }

    /// <summary>Fault, or its end, to a cluster that is whole again.</summary>
    public double? RecoverMs { get; private set; }

    public IReadOnlyList<SiloLife> Lives
    {
        get
        {
            lock (_gate)
            {
                return [.. _lives.Values];
            }
        }
    }

    /// <summary>Notes that now the fault comes, and what is under way.</summary>
    public void Fault()
    {
        VerifyLoad(Load);
        FaultAt ??= Clock.Now;
    }

    /// <summary>Does something to a silo that takes away what runs on it.</summary>
    public async Task StrikeAsync(SiloUnderDrill silo, Func<Task> fault)
    {
        Verify(RunningOn(silo) > 0, $"no request ran on {silo.Name} at the fault");
        Fault();
        Leaves(silo, isLost: true);
        await fault();
    }

    /// <summary>Notes that this silo is asked to go: what runs on it is to end there.</summary>
    public void Asked(SiloUnderDrill silo)
    {
        Fault();
        Leaves(silo, isLost: false);
    }

    /// <summary>Waits until each silo has so many requests.</summary>
    public Task LoadedAsync(int each) => Eventually.TrueAsync(
        () => Rig.Up.All(silo => RunningOn(silo) >= each), TimeSpan.FromSeconds(20), $"{each} requests on each silo");

    public int RunningOn(SiloUnderDrill silo) => Load.Live.Count(one => one.Silo == silo.Name);

    /// <summary>Waits until so many silos are there and the cluster is whole; how long that took since then is what recovery is judged by.</summary>
    public async Task RecoverAsync(int silos, TimeSpan since, TimeSpan within)
    {
        try
        {
            await Rig.SettledAsync(silos, within);
            RecoverMs = Math.Max(RecoverMs ?? 0, (Clock.Now - since).TotalMilliseconds);
        }
        catch (TimeoutException error)
        {
            Promise(false, error.Message);
        }
    }

    /// <summary>The epoch of each instance, as a silo that is up tells it.</summary>
    public async Task<IReadOnlyDictionary<string, long>> EpochsAsync() =>
        (await Rig.Up[0].Control.PoolsAsync()).SelectMany(pool => pool.Instances).ToDictionary(one => one.Name, one => one.Epoch);

    /// <summary>Notes the promise that no instance was taken for a new life meanwhile.</summary>
    public async Task SameEpochsAsync(IReadOnlyDictionary<string, long> before)
    {
        var now = await EpochsAsync();
        var moved = before.Where(one => now.GetValueOrDefault(one.Key) != one.Value).Select(one => $"{one.Key} from {one.Value} to {now.GetValueOrDefault(one.Key)}").ToList();
        Promise(moved.Count == 0, $"epochs moved: {string.Join(", ", moved)}");
    }

    public ClusterHistory History() => new()
    {
        Records = Load.Records,
        Silos = Lives,
        Sightings = _watch.Sightings,
        FaultAt = FaultAt,
        OutageUntil = OutageUntil,
    };

    private void Leaves(SiloUnderDrill silo, bool isLost)
    {
        lock (_gate)
        {
            _lives[silo.Name] = _lives[silo.Name] with { LeavesAt = Clock.Now, IsLost = isLost };
        }
    }

    private void Know(SiloUnderDrill silo)
    {
        lock (_gate)
        {
            _lives[silo.Name] = new SiloLife(silo.Name, silo.Id, Clock.Now);
        }

        _watch.Add(silo);
    }
}
