using Krewe.Core.Load;
using Krewe.Core.Pools;
using Krewe.Core.Requests;
using Krewe.Core.Retry;
using Krewe.Core.Time;
using Krewe.Fleet.Requests;
using Krewe.Simulation.Bugs;
using Krewe.Simulation.Checks;
using Krewe.Simulation.Engines;
using Krewe.Simulation.Running;
using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Gateways;

/// <summary>Serves requests as the product's client port does: start, serve each attempt on its binding, report, end.</summary>
internal sealed class SimGateway(SimSilo silo, EngineFleet engines, RequestCheck requests, DispatchCheck dispatches, ReleaseCheck releases, Tally seen, SeededBug bug)
{
    public async Task ServeAsync(SimCall call)
    {
        requests.OnStarted(call, silo);
        var actor = silo.Request(call.Id);
        var step = await actor.StartAsync(Spec(call));
        while (step.Binding is not null && !silo.Gate.IsGone)
        {
            if (bug == SeededBug.SelectThenBind && silo.Refused.Contains(call.Id))
            {
                call.Client.End(RequestOutcome.EngineError, null);
                await actor.EndAsync(new RequestEnd(RequestOutcome.EngineError, AttemptCause.InternalError, LegKind.Whole, 0));
                Over(call, RequestOutcome.EngineError);
                return;
            }

            var before = call.Client.Tokens;
            silo.Watch.Retries.OnAttempt(call);
            silo.Watch.Fence.OnBinding(step.Binding.Prefill);
            silo.Watch.Fence.OnBinding(step.Binding.Decode);
            call.State = $"attempt {step.Attempt.Number} on {step.Binding.Prefill.Instance.Name} and {step.Binding.Decode.Instance.Name}";
            var serving = new AttemptServing(silo, engines, dispatches, call, step, bug);
            var result = await serving.RunAsync();
            if (silo.Gate.IsGone)
            {
                return;
            }

            seen.Add($"attempt {result.Cause}");
            var sent = call.Client.Tokens - before;
            RetryCheck.OnAttemptEnded(call, result.Cause, sent);
            if (result.Cause == AttemptCause.Completed)
            {
                call.Client.End(RequestOutcome.Completed, call.Client.Tokens);
                await actor.EndAsync(new RequestEnd(RequestOutcome.Completed, result.Cause, result.Leg, sent));
                Over(call, RequestOutcome.Completed);
                return;
            }

            if (result.Cause is not (AttemptCause.ClientGone or AttemptCause.DeadlineExceeded))
            {
                call.FailedAttempts++;
            }

            if (bug == SeededBug.PromptInLog)
            {
                silo.Log.Write($"Serving failed: {call.Prompt}");
            }

            call.State = $"after {result.Cause} of attempt {step.Attempt.Number}";
            var next = After(call, result.Cause);
            if (next.Kind == ContinuationKind.Finish)
            {
                // The engine died with nothing left to say but the end.
                call.Client.End(RequestOutcome.Completed, call.Client.Tokens);
                await actor.EndAsync(new RequestEnd(RequestOutcome.Completed, result.Cause, result.Leg, sent));
                Over(call, RequestOutcome.Completed);
                return;
            }

            step = await actor.AttemptFailedAsync(new AttemptReport(step.Attempt.Number, result.Cause, result.Leg, sent, next.CanGoOn)
            {
                Continuation = call.IsContinued ? next.Kind : null,
                ContinuationRefusal = next.Refusal,
            });
        }

        if (!silo.Gate.IsGone)
        {
            call.Client.End(step.Outcome, null);
            Over(call, step.Outcome);
        }
    }

    /// <summary>What becomes of a stream that broke, by the product's own rule.</summary>
    private ContinuationDecision After(SimCall call, AttemptCause cause)
    {
        if (!call.IsContinued || !(cause.IsRetryable() || cause == AttemptCause.NotContinued))
        {
            return new ContinuationDecision(ContinuationKind.Restart);
        }

        var decision = cause == AttemptCause.NotContinued
            ? ContinuationDecision.Refuse(ContinuationRefusal.Template)
            : ContinuationRule.Decide(new ContinuationState
            {
                Mode = ContinuationMode.Auto,
                Forbidden = call.Plan.IsContinuable || bug == SeededBug.ContinuesUnsoundly ? ContinuationRefusal.None : ContinuationRefusal.Seed,
                HasContent = true,
                IsTextKept = true,
                IsCounted = true,
                TokensDelivered = call.Client.Tokens,
                MaxTokens = call.Plan.OutputTokens,
            });
        seen.Add($"continuation {decision.Kind}");
        return decision;
    }

    private void Over(SimCall call, RequestOutcome outcome)
    {
        call.IsOver = true;
        releases.OnEnded(call.Id);
        requests.OnEnded(call, outcome, silo);
    }

    private RequestSpec Spec(SimCall call) => new()
    {
        Pool = SimSilo.Pool,
        Model = SimSilo.Model,
        PromptTokens = call.Plan.PromptTokens,
        AllowDisaggregated = call.Plan.Splittable,
        Stream = call.Plan.Stream,
        Deadline = Deadline.In(call.Plan.Deadline, silo.Clock.GetMonotonic()),
        ClientGone = bug == SeededBug.LeavingUnnoticed ? default : call.ClientGone.Token,
    };
}
