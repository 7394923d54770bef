using Krewe.Core.Identity;
using Krewe.Core.Protocols;
using Krewe.Core.Requests;
using Krewe.Core.Retry;
using Krewe.Core.Time;
using Krewe.Engines.Bodies;
using Krewe.Engines.Buffers;
using Krewe.Engines.Continuation;
using Krewe.Engines.Protocols;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Requests;
using Krewe.Gateway.Errors;
using Krewe.Gateway.Lifecycle;
using Krewe.Gateway.Serving;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Client;

/// <summary>
/// Takes an OpenAI-style request: reads and checks it, asks its actor for a binding, has each attempt served, and tells
/// the client how it ended.
/// </summary>
internal sealed class InferenceEndpoint(
    FleetServices fleet,
    IActors actors,
    EngineClients clients,
    SiloLifetime silo,
    ClientPortOptions options)
{
    private readonly AttemptRunner _runner = new(clients, new ContinuationPlanner(new TemplateVerdicts(fleet.Time)), silo, fleet.Time);

    public async Task ServeAsync(HttpContext http, RequestEndpoint endpoint)
    {
        var id = RequestId.New(fleet.Random);
        var idText = id.ToString();
        http.Response.Headers[RequestHeaders.KreweRequestIdName] = idText;
        http.Response.Headers[RequestHeaders.RequestIdName] = RequestHeaders.ClientId(http.Request.Headers) ?? idText;
        if (!silo.TryEnter())
        {
            await ErrorWriter.WriteAsync(http.Response, ApiErrors.Of(RequestOutcome.Draining), http.RequestAborted);
            return;
        }

        using var buffer = new PooledBuffer();
        try
        {
            await AdmitAsync(http, endpoint, id, idText, buffer);
        }
        catch (BadHttpRequestException error) when (!http.Response.HasStarted)
        {
            await ErrorWriter.WriteAsync(http.Response, ClientErrors.Of(error, options.MaxBodyBytes), http.RequestAborted);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Gone before it had said what it wants: there is nobody to tell.
        }
        finally
        {
            silo.Exit();
        }
    }

    private async ValueTask AdmitAsync(HttpContext http, RequestEndpoint endpoint, RequestId id, string idText, PooledBuffer buffer)
    {
        if (!RequestHeaders.TryRead(http.Request.Headers, options.MaxDeadline, out var headers, out var wrong))
        {
            await ErrorWriter.WriteAsync(http.Response, ApiErrors.InvalidRequest(wrong.Message, wrong.Name), http.RequestAborted);
            return;
        }

        if (!await BodyReader.TryReadAsync(http.Request.BodyReader, buffer, options.MaxBodyBytes, http.RequestAborted))
        {
            await ErrorWriter.WriteAsync(http.Response, ApiErrors.TooLarge(options.MaxBodyBytes), http.RequestAborted);
            return;
        }

        if (!RequestBody.TryParse(buffer.Memory, endpoint, out var body, out var error))
        {
            await ErrorWriter.WriteAsync(http.Response, ApiErrors.InvalidRequest(error.Message, error.Param), http.RequestAborted);
            return;
        }

        if (fleet.View.FindByModel(body.Model) is not { Definition: { } definition } pool)
        {
            await ErrorWriter.WriteAsync(http.Response, ClientErrors.ModelNotFound(body.Model), http.RequestAborted);
            return;
        }

        using var call = new InferenceCall
        {
            Http = http,
            Id = id,
            IdText = idText,
            Body = body,
            Pool = pool,
            Request = actors.Request(id),
            Deadline = Deadline.In(headers.Deadline ?? definition.Deadline, fleet.Time.GetMonotonic()),
            Continuation = new CallContinuation(body, definition, options.MaxContinuationBytes, fleet.Instruments),
        };
        await ServeAsync(call);
    }

    private async ValueTask ServeAsync(InferenceCall call)
    {
        AttemptResult last = default;
        RequestStep step;
        var before = 0;
        try
        {
            step = await call.Request.StartAsync(Spec(call));
            while (step.Binding is not null)
            {
                before = call.Tally.CompletionTokens;
                last = await _runner.RunAsync(call, step);
                if (last.IsCompleted)
                {
                    await call.Request.EndAsync(new RequestEnd(RequestOutcome.Completed, last.Cause, last.Leg, Sent(call, before)));
                    return;
                }

                var next = call.Continuation.After(last);
                if (next.Kind == ContinuationKind.Finish && last.Cause != AttemptCause.ClientGone)
                {
                    await FinishAsync(call, last, before);
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
            await call.Request.EndAsync(new RequestEnd(RequestOutcome.InternalError, AttemptCause.InternalError, last.Leg, Sent(call, before)));
            throw;
        }

        await TellAsync(call, step.Outcome, last);
    }

    // A look at the engine's tokens may show that the last of an earlier attempt had not been delivered.
    private static int Sent(InferenceCall call, int before) => Math.Max(0, call.Tally.CompletionTokens - before);

    /// <summary>The engine died with nothing left to say but the end: that is said here.</summary>
    private async ValueTask FinishAsync(InferenceCall call, AttemptResult last, int before)
    {
        var end = await _runner.FinishAsync(call);
        await call.Request.EndAsync(end.IsCompleted
            ? new RequestEnd(RequestOutcome.Completed, last.Cause, last.Leg, Sent(call, before))
            : new RequestEnd(RequestOutcome.ClientGone, end.Cause, last.Leg, Sent(call, before)));
        if (end.IsCompleted)
        {
            call.Continuation.Finished();
        }
    }

    private static RequestSpec Spec(InferenceCall call) => new()
    {
        Pool = call.Pool.Name,
        Model = call.Body.Model,
        PromptTokens = call.Body.EstimatedPromptTokens,
        AllowDisaggregated = EngineProtocols.Get(EngineProtocol.Vllm).CanDisaggregate(call.Body),
        Stream = call.Body.Stream,
        Deadline = call.Deadline,
        ClientGone = call.Http.RequestAborted,
    };

    /// <summary>Tells the client that it failed: by status where nothing was sent, else by an error event and a cut connection.</summary>
    private static async ValueTask TellAsync(InferenceCall call, RequestOutcome outcome, AttemptResult last)
    {
        var http = call.Http;
        if (outcome == RequestOutcome.ClientGone || http.RequestAborted.IsCancellationRequested)
        {
            http.Abort();
            return;
        }

        var error = outcome == RequestOutcome.EngineRejected && last.Error is { } engine
            ? ClientErrors.FromEngine(engine)
            : ApiErrors.Of(outcome);
        if (!http.Response.HasStarted)
        {
            await ErrorWriter.WriteAsync(http.Response, error, http.RequestAborted);
            return;
        }

        // Clients that ignore the event see the cut; a clean end would pass for a whole answer.
        await ClientErrors.WriteEventAsync(http.Response.BodyWriter, error, http.RequestAborted);
        throw new StreamCutException();
    }
}
