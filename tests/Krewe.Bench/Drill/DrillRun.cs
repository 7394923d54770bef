using Krewe.Bench.Drill.Load;
using Krewe.Bench.Drill.Rig;
using Krewe.Bench.Drill.Verdict;
using Krewe.Testing;

namespace Krewe.Bench.Drill;

/// <summary>One drill under way: what a scenario acts on, and where it notes what it did and saw.</summary>
internal sealed class DrillRun(DrillRig rig, OpenLoopLoad load, DrillClock clock) : DrillFindings
{
    private readonly List<Strike> _strikes = [];

    public DrillRig Rig { get; } = rig;

    public OpenLoopLoad Load { get; } = load;

    public DrillClock Clock { get; } = clock;

    public IReadOnlyList<Strike> Strikes => _strikes;

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

        VerifyLoad(Load);
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
}
