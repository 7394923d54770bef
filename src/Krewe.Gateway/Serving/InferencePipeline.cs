using Krewe.Core.Protocols;
using Krewe.Core.Requests;
using Krewe.Core.Resume;
using Krewe.Core.Retry;
using Krewe.Core.Time;
using Krewe.Engines.Bodies;
using Krewe.Engines.Continuation;
using Krewe.Engines.Protocols;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Requests;
using Krewe.Gateway.Client;
using Krewe.Gateway.Errors;
using Krewe.Gateway.Lifecycle;
using Krewe.Gateway.Tracing;

namespace Krewe.Gateway.Serving;

/// <summary>
/// Serves a request that was read, over whatever protocol it came: checks it, asks its actor for a binding, has each
/// attempt served, and tells the client how it ended.
/// </summary>
public sealed class InferencePipeline(
    FleetServices fleet,
    IActors actors,
    EngineClients clients,
    SiloLifetime silo,
    ClientPortOptions options)
{
    private readonly AttemptRunner _runner = new(clients, new ContinuationPlanner(new TemplateVerdicts(fleet.Time)), silo, fleet.Time);

    /// <summary>The bodies of the requests that are read or served, whatever port they came by.</summary>
    internal BodyBudget Bodies { get; } = new(options.MaxHeldBodyBytes);

    /// <summary>What is being served.</summary>
    internal RunningCalls Calls { get; } = new();

    /// <summary>Ends when the client has its answer, whatever that is. The request's body has to last as long.</summary>
    internal async ValueTask ServeAsync(InferenceRequest request, ClientAnswer answer)
    {
        var body = request.Body;
        if (body is null && !RequestBody.TryParse(request.Json, request.Endpoint, out body, out var error))
        {
            await answer.FailAsync(ApiErrors.InvalidRequest(error.Message, error.Param));
            return;
        }

        if (request.Streams is { } streams && streams != body.Stream)
        {
            await answer.FailAsync(ApiErrors.InvalidRequest(streams ? "stream must be true in this call." : "stream must be false in this call, or absent.", "stream"));
            return;
        }

        var caller = request.Caller;
        if (!caller.MayUse(body.Model) || fleet.View.FindByModel(body.Model) is not { Definition: { } definition } pool)
        {
            await answer.FailAsync(ClientErrors.ModelNotFound(body.Model));
            return;
        }

        var tokens = body.ExpectedTokens(options.AssumedOutputTokens);
        if (caller.Begin(tokens, request.ResponseHeaders, out var charge) is { } limited)
        {
            fleet.Instruments.OnClientRefused(RequestOutcome.RateLimited);
            await answer.FailAsync(limited);
            return;
        }

        using var span = RequestSpan.Start(request.Headers.Trace, body.Endpoint.Operation(), body.Model, pool.Name.Value, request.IdText);
        using var call = new InferenceCall
        {
            Answer = answer,
            Span = span,
            Id = request.Id,
            IdText = request.IdText,
            Tenant = request.Tenant,
            PrefixRoot = caller.PrefixRoot,
            Body = body,
            Pool = pool,
            Request = actors.Request(request.Id),
            Deadline = Deadline.In(request.Headers.Deadline ?? definition.Deadline, fleet.Time.GetMonotonic()),
            Continuation = new CallContinuation(body, definition, options.MaxContinuationBytes, fleet.Instruments, answer.TellsUsage) { CacheSalt = caller.CacheSalt },
        };
        try
        {
            await ServeAsync(call, body.Resume);
        }
        finally
        {
            caller.End(charge, call.UsedTokens);
        }
    }

    private async ValueTask ServeAsync(InferenceCall call, ResumePoint? resume)
    {
        if (resume is { IsEmpty: false } held && !await TakeUpAsync(call, held))
        {
            return;
        }

        Calls.Add(call);
        try
        {
            await ServeAsync(call);
        }
        finally
        {
            Calls.Remove(call);
        }
    }

    /// <summary>The client goes on with an answer whose stream it lost. False where nothing is left to be served.</summary>
    private async ValueTask<bool> TakeUpAsync(InferenceCall call, ResumePoint held)
    {
        var decision = call.Continuation.TakeUp(held);
        switch (decision.Kind)
        {
            case ContinuationKind.Refuse:
                fleet.Instruments.OnResume(ResumeOutcome.Refused);
                await call.Answer.FailAsync(ApiErrors.CannotResume(decision.Refusal.MetricTag()));
                return false;
            case ContinuationKind.Finish:
                fleet.Instruments.OnResume(ResumeOutcome.Finished);
                await _runner.FinishAsync(call);
                return false;
            default:
                fleet.Instruments.OnResume(ResumeOutcome.Continued);
                return true;
        }
    }

    private async ValueTask ServeAsync(InferenceCall call)
    {
        AttemptResult last = default;
        RequestStep step;
        var (before, attempts) = (0, 0);
        try
        {
            step = await call.Request.StartAsync(Spec(call));
            while (step.Binding is not null)
            {
                before = call.Tally.CompletionTokens;
                attempts = step.Attempt.Number;
                last = await _runner.RunAsync(call, step);
                if (last.IsCompleted)
                {
                    await call.Request.EndAsync(new RequestEnd(RequestOutcome.Completed, last.Cause, last.Leg, Sent(call, before)));
                    call.Span.End(RequestOutcome.Completed, call.Tally, attempts);
                    return;
                }

                var next = call.Continuation.After(last);
                if (next.Kind == ContinuationKind.Finish && last.Cause != AttemptCause.ClientGone)
                {
                    call.Span.End(await FinishAsync(call, last, before), call.Tally, attempts);
                    return;
                }

                step = await call.Request.AttemptFailedAsync(
                    new AttemptReport(step.Attempt.Number, last.Cause, last.Leg, Sent(call, before), next.CanGoOn)
                    {
                        Continuation = call.Continuation.ToTell(last.Cause),
                        ContinuationRefusal = next.Refusal,
                    });
                if (step.Binding is null)
                {
                    call.Continuation.NoMoreAttempts(last.Cause, step.Outcome);
                }
            }
        }
        catch (Exception)
        {
            // A fault of our own must not leave reservations behind.
            call.Span.End(RequestOutcome.InternalError, call.Tally, attempts);
            await call.Request.EndAsync(new RequestEnd(RequestOutcome.InternalError, AttemptCause.InternalError, last.Leg, Sent(call, before)));
            throw;
        }

        call.Span.End(step.Outcome, call.Tally, attempts);
        await TellAsync(call, step.Outcome, last);
    }

    // A look at the engine's tokens may show that the last of an earlier attempt had not been delivered.
    private static int Sent(InferenceCall call, int before) => Math.Max(0, call.Tally.CompletionTokens - before);

    /// <summary>The engine died with nothing left to say but the end: that is said here.</summary>
    private async ValueTask<RequestOutcome> FinishAsync(InferenceCall call, AttemptResult last, int before)
    {
        var end = await _runner.FinishAsync(call);
        await call.Request.EndAsync(end.IsCompleted
            ? new RequestEnd(RequestOutcome.Completed, last.Cause, last.Leg, Sent(call, before))
            : new RequestEnd(RequestOutcome.ClientGone, end.Cause, last.Leg, Sent(call, before)));
        if (end.IsCompleted)
        {
            call.Continuation.Finished();
        }

        return end.IsCompleted ? RequestOutcome.Completed : RequestOutcome.ClientGone;
    }

    private static RequestSpec Spec(InferenceCall call) => new()
    {
        Pool = call.Pool.Name,
        Tenant = call.Tenant,
        Model = call.Body.Model,
        Operation = call.Body.Endpoint.Operation(),
        PromptTokens = call.Body.EstimatedPromptTokens,
        Prefix = call.Pool.RoutingPolicy.UsesPrefixes ? PromptChain.Of(call.Body, call.PrefixRoot) : default,
        AllowDisaggregated = EngineProtocols.Get(EngineProtocol.Vllm).CanDisaggregate(call.Body),
        Stream = call.Body.Stream,
        Deadline = call.Deadline,
        ClientGone = call.Answer.Gone,
    };

    private static async ValueTask TellAsync(InferenceCall call, RequestOutcome outcome, AttemptResult last)
    {
        if (outcome == RequestOutcome.ClientGone || call.Answer.Gone.IsCancellationRequested)
        {
            call.Answer.Abort();
            return;
        }

        await call.Answer.FailAsync(outcome == RequestOutcome.EngineRejected && last.Error is { } engine
            ? ClientErrors.FromEngine(engine)
            : ApiErrors.Of(outcome));
    }
}
