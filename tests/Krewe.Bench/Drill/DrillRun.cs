using Krewe.Bench.Drill.Load;
using Krewe.Bench.Drill.Rig;
using Krewe.Bench.Drill.Verdict;
using Krewe.Testing;

namespace Krewe.Bench.Drill;

/// <summary>One drill under way: what a scenario acts on, and where it notes what it did and saw.</summary>
internal sealed class DrillRun(DrillRig rig, OpenLoopLoad load, DrillClock clock)
{
    /// <summary>A fault without load proves nothing.</summary>
    private const int LeastInFlight = 20;

    private readonly List<Strike> _strikes = [];
    private readonly List<string> _unverified = [];
    private readonly List<string> _broken = [];
    private readonly Dictionary<string, double> _measures = [];

    public DrillRig Rig { get; } = rig;

    public OpenLoopLoad Load { get; } = load;

    public DrillClock Clock { get; } = clock;

    public IReadOnlyList<Strike> Strikes => _strikes;

    public IReadOnlyList<string> Unverified => _unverified;

    public IReadOnlyList<string> Broken => _broken;

    public IReadOnlyDictionary<string, double> Measures => _measures;

    /// <summary>Requests under way at the first fault.</summary>
    public int InFlight { get; private set; }

    /// <summary>How busy the machine was before the fault; 0 to 1.</summary>
    public double MachineBusy { get; set; }

    public TimeSpan? OutageUntil { get; set; }

    public EngineUnderDrill Engine(string name) => Rig.Engine(name);

    /// <summary>Waits until so many streams run on each of the instances that make streams.</summary>
    public Task StreamsAsync(IEnumerable<string> instances, int each) => Eventually.TrueAsync(
        () => instances.Where(name => !Engine(name).Spec.IsPrefill).All(name => Load.StreamsOn(name).Count >= each),
        TimeSpan.FromSeconds(20),
        $"{each} streams on each of {string.Join(", ", instances)}");

    /// <summary>Does a fault to the present lives of these instances, and notes it.</summary>
    public async Task<IReadOnlyList<Strike>> StrikeAsync(IReadOnlyList<string> instances, Func<EngineUnderDrill, Task> fault)
    {
        var before = new List<(EngineUnderDrill Engine, InstanceState State)>();
        foreach (var name in instances)
        {
            var engine = Engine(name);
            before.Add((engine, await Rig.InstanceAsync(engine) ?? throw new InvalidOperationException($"The silo does not know {name}.")));
        }

        VerifyLoad();
        foreach (var (engine, _) in before.Where(one => !one.Engine.Spec.IsPrefill))
        {
            Verify(Load.StreamsOn(engine.Name).Count > 0, $"no stream ran on {engine.Name} at the fault");
        }

        var at = Clock.Now;
        var made = before.Select(one => new Strike(one.Engine.Name, one.Engine.Pool, one.State.Epoch, one.State.Incarnation, one.Engine.Spec.IsPrefill, at)).ToList();
        _strikes.AddRange(made);
        await Task.WhenAll(before.Select(one => fault(one.Engine)));
        return made;
    }

    /// <summary>Notes how much was under way when the fault came, and that it was too little, where it was.</summary>
    public void VerifyLoad()
    {
        var live = Load.Live.Count;
        InFlight = InFlight == 0 ? live : InFlight;
        Verify(live >= LeastInFlight, $"only {live} requests were in flight at the fault, of {LeastInFlight} at least");
    }

    /// <summary>Notes that a fault did not take effect, where it did not.</summary>
    public void Verify(bool held, string otherwise)
    {
        if (!held)
        {
            _unverified.Add("not verified: " + otherwise);
        }
    }

    /// <summary>The same for what shows after a while.</summary>
    public async Task VerifyAsync(Func<Task<bool>> condition, TimeSpan within, string otherwise) =>
        Verify(await HoldsAsync(condition, within), otherwise);

    /// <summary>Notes a broken promise, where it is.</summary>
    public void Promise(bool held, string otherwise)
    {
        if (!held)
        {
            _broken.Add(otherwise);
        }
    }

    /// <summary>The same for what has to show after a while at the latest.</summary>
    public async Task PromiseAsync(Func<Task<bool>> condition, TimeSpan within, string otherwise) =>
        Promise(await HoldsAsync(condition, within), otherwise);

    public void Measure(string name, double value) => _measures[name] = value;

    /// <summary>Lets the load run on.</summary>
    public static Task RunOnAsync(TimeSpan time) => Task.Delay(time);

    private static async Task<bool> HoldsAsync(Func<Task<bool>> condition, TimeSpan within)
    {
        try
        {
            await Eventually.TrueAsync(condition, within);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
