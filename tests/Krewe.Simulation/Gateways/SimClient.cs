using Krewe.Core.Requests;
using Krewe.Simulation.Checks;
using Krewe.Simulation.Engines;
using Krewe.Simulation.Plans;

namespace Krewe.Simulation.Gateways;

/// <summary>What one client receives, checked as it comes: one end (S5), no token lost, doubled or of an attempt that is over (S6, S7), right counts (S8), and that what goes on elsewhere may, right behind what it has (S9).</summary>
internal sealed class SimClient(PlannedRequest plan, ulong seed, Findings findings)
{
    private RequestOutcome? _outcome;
    private int _lastAttempt;
    private string? _lastIncarnation;

    /// <summary>Tokens that it holds.</summary>
    public int Tokens { get; private set; }

    public bool HasLeft { get; private set; }

    public bool HasEnded => _outcome is not null;

    public void Leave() => HasLeft = true;

    /// <param name="from">Whose token it is: the attempt, and the life that made it.</param>
    /// <param name="running">The attempt that runs now.</param>
    /// <param name="index">Its place.</param>
    /// <param name="value">The token.</param>
    public void Receive(EngineMessage from, int running, int index, ulong value)
    {
        var attempt = from.Attempt;
        if (Tokens > 0 && attempt.Number > _lastAttempt)
        {
            findings.Require(plan.IsContinuable && !plan.TemplateFails, "S9 only what is sound goes on", () => $"request {plan.Number} got token {index} of attempt {attempt.Number} behind {Tokens} that it had");
            findings.Require(index == Tokens, "S9 right behind what was delivered", () => $"request {plan.Number} goes on with token {index} and holds {Tokens}");
        }

        findings.Require(
            attempt.Number != _lastAttempt || from.Incarnation == _lastIncarnation, "S7 one life per attempt", () => $"request {plan.Number}, attempt {attempt.Number}: {_lastIncarnation}, then {from.Incarnation}");
        findings.Require(_outcome is null, "S5 nothing after the end", () => $"request {plan.Number} got token {index} after {_outcome}");
        findings.Require(
            attempt.Number >= _lastAttempt && attempt.Number == running, "S7 no token of an attempt that is over", () => $"request {plan.Number} got a token of attempt {attempt.Number} while attempt {running} runs");
        findings.Require(index == Tokens, "S6 no token lost, doubled or out of order", () => $"request {plan.Number} got token {index} and holds {Tokens}");
        findings.Require(value == SimTokens.At(seed, index), "S6 the right token", () => $"request {plan.Number}, token {index}");
        (_lastAttempt, _lastIncarnation) = (attempt.Number, from.Incarnation);
        Tokens++;
    }

    /// <param name="outcome">How it ended.</param>
    /// <param name="usage">The tokens that it is told it got; null where it is not told.</param>
    public void End(RequestOutcome outcome, int? usage)
    {
        findings.Require(_outcome is null, "S5 one end", () => $"request {plan.Number} ended {_outcome}, and then {outcome}");
        _outcome ??= outcome;
        if (outcome == RequestOutcome.Completed)
        {
            findings.Require(Tokens == plan.OutputTokens, "S6 the whole answer", () => $"request {plan.Number} completed with {Tokens} of {plan.OutputTokens} tokens");
            findings.Require(usage == Tokens, "S8 usage is what was delivered", () => $"request {plan.Number} holds {Tokens} tokens and was told {usage}");
        }
    }
}
