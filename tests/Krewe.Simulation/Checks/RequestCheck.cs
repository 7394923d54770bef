using Krewe.Core.Requests;
using Krewe.Simulation.Engines;
using Krewe.Simulation.Gateways;
using Krewe.Simulation.Running;
using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Checks;

/// <summary>Every request ends in time (L1), for a reason that there was, and those that come when all is healed succeed (L6, L10).</summary>
internal sealed class RequestCheck(SimulationClock clock, Findings findings, Trace trace)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, int> _outcomes = [];

    public int Open { get; private set; }

    public TimeSpan LastEnd { get; private set; }

    /// <summary>How many requests ended how.</summary>
    public IReadOnlyDictionary<string, int> Outcomes => _outcomes;

    public void OnStarted(SimCall call, SimSilo silo)
    {
        Open++;
        call.IsStarted = true;
        trace.Add("request", Number(call), call.Plan.OutputTokens);
        clock.After(call.Plan.Deadline + Grace, () => CheckEnded(call, silo));
    }

    public void OnEnded(SimCall call, RequestOutcome outcome, SimSilo silo)
    {
        Open--;
        LastEnd = clock.Elapsed;
        Count($"{outcome}");
        trace.Add("end", Number(call), (long)outcome, call.Client.Tokens);
        Judge(call, outcome, silo);
    }

    /// <summary>Its silo is gone, and its connection with it.</summary>
    public void OnLost(SimCall call)
    {
        Open -= call.IsStarted ? 1 : 0;
        LastEnd = clock.Elapsed;
        Count("SiloLost");
        trace.Add("lost", Number(call));
    }

    private static string Number(SimCall call) => call.Plan.Number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private void Count(string outcome) => _outcomes[outcome] = _outcomes.GetValueOrDefault(outcome) + 1;

    private void Judge(SimCall call, RequestOutcome outcome, SimSilo silo)
    {
        var isJust = outcome switch
        {
            RequestOutcome.Completed or RequestOutcome.QueueFull => true,
            RequestOutcome.ClientGone => call.Client.HasLeft,
            RequestOutcome.EngineRejected => Dispatch.IsUnfitPrompt(call.Plan.PromptTokens),
            RequestOutcome.EngineError => call.FailedAttempts > 0,
            RequestOutcome.DeadlineExceeded => clock.Elapsed >= call.DeadlineAt,
            RequestOutcome.Overloaded => call.FailedAttempts > 0 || clock.Elapsed - call.StartedAt >= silo.QueueMaxWait,
            RequestOutcome.NoInstance => !silo.Watch.Serves || silo.Watch.ServingSince is null || silo.Watch.ServingSince == clock.Elapsed,
            _ => false,
        };
        findings.Require(isJust, "a request fails only for a reason that there is", () => $"request {call.Plan.Number} ended {outcome} after {call.FailedAttempts} failed attempts");
        findings.Require(
            !call.Plan.IsLast || outcome == RequestOutcome.Completed || silo.Watch.IsShort,
            "L6 what comes when all is healed succeeds",
            () => $"request {call.Plan.Number} ended {outcome}; {silo.Watch.Describe()}");
    }

    private void CheckEnded(SimCall call, SimSilo silo)
    {
        if (silo.Gate.IsGone || call.IsOver)
        {
            return;
        }

        // A silo that stood still cannot have noticed.
        var late = clock.Elapsed - (call.StartedAt + call.Plan.Deadline + Grace);
        if (late < silo.StoodStill)
        {
            clock.After(silo.StoodStill - late, () => CheckEnded(call, silo));
            return;
        }

        findings.Report("L1 every request ends within its deadline and a second", $"request {call.Plan.Number} runs on: {call.State}");
    }
}
