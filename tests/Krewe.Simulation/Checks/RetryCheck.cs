using Krewe.Core.Requests;
using Krewe.Core.Retry;
using Krewe.Fleet.View;
using Krewe.Simulation.Gateways;

namespace Krewe.Simulation.Checks;

/// <summary>Tries do not multiply (S15): no more errors nor failovers in a row than the pool's policy allows, and no more retries at a time than its budget.</summary>
internal sealed class RetryCheck(Findings findings)
{
    private static readonly RetryPolicy Policy = RetryPolicy.Default;

    private int _mostInFlight;

    /// <param name="call">Whose attempt ended.</param>
    /// <param name="cause">Why.</param>
    /// <param name="tokens">Tokens that it sent.</param>
    public static void OnAttemptEnded(SimCall call, AttemptCause cause, int tokens)
    {
        if (cause.IsFailover())
        {
            call.FailoversInARow = tokens > 0 ? 0 : call.FailoversInARow + (cause.MayHaveRun() ? 1 : 0);
        }
        else if (cause.ChargesBudget())
        {
            call.Errors++;
            call.FailoversInARow = 0;
        }
    }

    /// <summary>Another attempt of it begins.</summary>
    public void OnAttempt(SimCall call)
    {
        findings.Require(call.Errors < Policy.Attempts, "S15 tries do not multiply", () => $"request {call.Plan.Number} is tried again after {call.Errors} errors");
        findings.Require(
            call.FailoversInARow <= Policy.Failovers, "S15 tries do not multiply", () => $"request {call.Plan.Number} is tried again after {call.FailoversInARow} failovers in a row");
    }

    public void OnSettled(PoolSlot? slot)
    {
        if (slot is null)
        {
            return;
        }

        var (requests, retries) = (slot.Budget.RequestsInFlight, slot.Budget.RetriesInFlight);
        _mostInFlight = requests == 0 ? 0 : Math.Max(_mostInFlight, requests);
        // What was taken when more were in flight is not taken back.
        findings.Require(
            retries >= 0 && requests >= 0 && retries <= Math.Max(Policy.BudgetFloor, (_mostInFlight * Policy.BudgetPercent / 100) + 1),
            "S15 retries stay within the budget",
            () => $"{retries} retries of {requests} requests in flight, {_mostInFlight} at most before");
    }
}
