using Krewe.Bench.Drill.Rig;
using Krewe.Bench.Drill.Verdict;

namespace Krewe.Bench.Drill.Scenarios;

/// <summary>A fault, to whom and when, and what has to hold. Processes, load, records and the verdict are the drill's.</summary>
internal abstract class Scenario
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new KillPrefill(),
        new KillDecodeBeforeFirstToken(),
        new KillMidstream(),
        new StopEngines("engine-stop", ["d1", "m1"]),
        new StopEngines("engine-stop-prefill", ["p1"]),
        new StopAndContinue(),
        new RestartSameName(),
        new SlowEngines(),
        new RejectStorm(),
        new HealthLies(),
        new AgentDead(),
        new HeartbeatsCut(),
        new DrainUnderLoad(),
        new RollingRestart(),
        new DisconnectStorm(),
        new SlowReaders(),
        new PrefillRestartCrashesDecode(),
        new DelayedRegistration(),
        new EverythingDownThenUp(),
    ];

    public abstract string Name { get; }

    public virtual DrillLayout Layout => DrillLayout.Standard;

    public virtual Promises Promises => Promises.Whole;

    /// <summary>Whether the fault is to keep new bindings away, so that it tells something when they end.</summary>
    public virtual bool EndsBindings => Promises.DetectMs is not null;

    /// <summary>Called when the load is steady; it runs on afterwards.</summary>
    public abstract Task RunAsync(DrillRun run);

    /// <summary>What can be verified only from what was recorded.</summary>
    public virtual void Verify(DrillRun run, DrillHistory history)
    {
    }

    /// <summary>Kills it with SIGKILL.</summary>
    protected static Task KillAsync(EngineUnderDrill engine) => engine.KillAsync();

    /// <summary>Notes whether those are dead.</summary>
    protected static void VerifyKilled(DrillRun run, params IEnumerable<string> engines)
    {
        foreach (var name in engines)
        {
            run.Verify(!run.Engine(name).IsUp, $"{name} lives");
        }
    }
}
