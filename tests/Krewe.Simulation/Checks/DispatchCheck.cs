using Krewe.Core.Identity;
using Krewe.Core.Requests;
using Krewe.Simulation.Engines;
using Krewe.Simulation.Running;

namespace Krewe.Simulation.Checks;

/// <summary>No attempt is given to an engine twice (S14), nor after its deadline (S16), nor elsewhere than where the bound incarnation listens (S18).</summary>
internal sealed class DispatchCheck(SimulationClock clock, Findings findings, Trace trace)
{
    private readonly HashSet<(AttemptId Attempt, DispatchKind Kind)> _begun = [];

    /// <param name="attempt">What is sent.</param>
    /// <param name="to">Where it is bound to.</param>
    /// <param name="process">The process of that incarnation, if there ever was one.</param>
    /// <param name="deadlineAt">The request's.</param>
    public void OnSent(AttemptId attempt, InstanceBinding to, EngineProcess? process, TimeSpan deadlineAt)
    {
        var engine = to.Incarnation.Value;
        trace.Add("dispatch", engine, (long)attempt.Request.Low, attempt.Number);
        findings.Require(process is null || process.Url == to.Url, "S18 only to the address that it registered", () => $"attempt {attempt} of {engine} went to {to.Url}");
        findings.Require(clock.Elapsed < deadlineAt, "S16 no dispatch after the deadline", () => $"attempt {attempt} went to {engine}");
    }

    public void OnBegun(EngineProcess process, Dispatch dispatch) =>
        findings.Require(
            _begun.Add((dispatch.Attempt, dispatch.Kind)),
            "S14 one dispatch per attempt",
            () => $"{process.Incarnation} got the {dispatch.Kind} leg of {dispatch.Attempt} though an engine had it before");
}
