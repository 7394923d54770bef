using Krewe.Core.Identity;
using Krewe.Simulation.Engines;
using Krewe.Simulation.Running;

namespace Krewe.Simulation.Checks;

/// <summary>No attempt is given to an engine twice (S14), nor after its deadline (S16).</summary>
internal sealed class DispatchCheck(SimulationClock clock, Findings findings, Trace trace)
{
    private readonly HashSet<(AttemptId Attempt, DispatchKind Kind)> _begun = [];

    public void OnSent(AttemptId attempt, string engine, TimeSpan deadlineAt)
    {
        trace.Add("dispatch", engine, (long)attempt.Request.Low, attempt.Number);
        findings.Require(clock.Elapsed < deadlineAt, "S16 no dispatch after the deadline", () => $"attempt {attempt} went to {engine}");
    }

    public void OnBegun(EngineProcess process, Dispatch dispatch) =>
        findings.Require(
            _begun.Add((dispatch.Attempt, dispatch.Kind)),
            "S14 one dispatch per attempt",
            () => $"{process.Incarnation} got the {dispatch.Kind} leg of {dispatch.Attempt} though an engine had it before");
}
