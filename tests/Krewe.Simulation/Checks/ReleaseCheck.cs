using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Simulation.Gateways;
using Krewe.Simulation.Plans;
using Krewe.Simulation.Running;
using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Checks;

/// <summary>What a request has reserved, it gives back when it ends (S10), and within half a second of its client's leaving (L7).</summary>
internal sealed class ReleaseCheck(SimulationClock clock, Findings findings, Scenario scenario)
{
    // A reservation that is under way when the client leaves may take its whole time on a network that loses calls.
    private static readonly TimeSpan BindTimeout = TimeSpan.FromSeconds(1);

    private readonly Dictionary<RequestId, HashSet<AttemptLeg>> _held = [];

    private TimeSpan Limit => TimeSpan.FromMilliseconds(500) + (scenario.Links == ActorLinks.Lossy ? BindTimeout : TimeSpan.Zero);

    /// <summary>A reservation was asked for: until it is refused it counts as held.</summary>
    public void OnBindSent(AttemptLeg leg)
    {
        if (!_held.TryGetValue(leg.Attempt.Request, out var legs))
        {
            _held.Add(leg.Attempt.Request, legs = []);
        }

        legs.Add(leg);
    }

    public void OnRefused(AttemptLeg leg) => _held.GetValueOrDefault(leg.Attempt.Request)?.Remove(leg);

    public void OnReleaseSent(AttemptLeg leg) => _held.GetValueOrDefault(leg.Attempt.Request)?.Remove(leg);

    public void OnEnded(RequestId request)
    {
        if (_held.Remove(request, out var legs))
        {
            findings.Require(legs.Count == 0, "S10 what was reserved is given back", () => $"request {request.Low} ended and holds {string.Join(", ", legs)}");
        }
    }

    public void OnLeft(SimCall call, SimSilo silo)
    {
        var stoodStill = silo.StoodStill;
        var still = silo.Gate.StillFor(clock);
        clock.After(Limit + (still > TimeSpan.Zero ? still : TimeSpan.Zero), () => Check(call, silo, stoodStill));
    }

    private void Check(SimCall call, SimSilo silo, TimeSpan stoodStill)
    {
        if (silo.StoodStill > stoodStill)
        {
            // It could not notice while it stood still.
            var more = silo.StoodStill - stoodStill;
            stoodStill = silo.StoodStill;
            clock.After(more, () => Check(call, silo, stoodStill));
        }
        else if (!silo.Gate.IsGone && _held.TryGetValue(call.Id, out var legs) && legs.Count > 0)
        {
            findings.Report("L7 a client's leaving frees what it held", $"request {call.Plan.Number} still holds {string.Join(", ", legs)}");
        }
    }
}
