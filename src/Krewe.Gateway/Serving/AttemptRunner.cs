using System.Globalization;
using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Engines.Bodies;
using Krewe.Engines.Buffers;
using Krewe.Engines.Continuation;
using Krewe.Engines.Http;
using Krewe.Engines.Protocols;
using Krewe.Fleet.Requests;
using Krewe.Gateway.Lifecycle;
using Krewe.Gateway.Tracing;

namespace Krewe.Gateway.Serving;

/// <summary>Serves one attempt on its binding: the prefill leg where there is one, then the leg that answers the client.</summary>
internal sealed class AttemptRunner(EngineClients clients, ContinuationPlanner planner, SiloLifetime silo, TimeProvider time)
{
    // A prefill's reply is one token and the transfer parameters, whose block ids grow with the prompt.
    private const int MaxPrefillReply = 16 << 20;

    public async ValueTask<AttemptResult> RunAsync(InferenceCall call, RequestStep step)
    {
        var binding = step.Binding!;
        var answering = binding.DecodeLeg;
        using var watch = new AttemptWatch(
            time, call.Deadline, call.Pool.Definition!.Idle, call.Answer.Gone, step.EpochLost, silo.GraceOver) { Pulse = step.Pulse };
        using var buffer = new PooledBuffer();
        using var prefillReply = new PooledBuffer();
        var leg = LegKind.Prefill;
        var span = default(LegSpan);
        try
        {
            var client = clients.For(call.Pool.Name);
            var protocol = EngineProtocols.Get(binding.Decode.Protocol);
            var (plan, cannot) = await call.Continuation.PlanAsync(planner, binding, client, watch.Token);
            if (cannot is { } reason)
            {
                return reason;
            }

            var id = EngineRequestId(call, step);
            ReadOnlyMemory<byte> body;
            if (binding.IsDisaggregated)
            {
                span = LegSpan.Start(call, step.Attempt.Number, LegKind.Prefill, binding.Prefill);
                var reply = await PrefillAsync(client, protocol, plan, id, binding, buffer, prefillReply, watch, span.PassedOn);
                if (reply.Result is { } failed)
                {
                    return span.Ended(failed);
                }

                span.Dispose();

                await call.Request.PrefillDoneAsync(step.Attempt.Number);
                buffer.Clear();
                body = protocol.WriteDecode(plan.Body, plan.Values, reply.Prefill, buffer);
            }
            else
            {
                body = protocol.WriteWhole(plan.Body, plan.Values, buffer);
            }

            leg = answering;
            span = LegSpan.Start(call, step.Attempt.Number, answering, binding.Decode);
            using var response = await client.SendAsync(Leg(plan.Body, id, binding.Decode, body, call.Body.Stream, span.PassedOn), watch.Token);
            if (!response.IsSuccess)
            {
                return span.Ended(await RefusedAsync(response, answering, watch));
            }

            var result = call.Body.Stream
                ? await StreamPump.RunAsync(call, step.Attempt.Number, plan.Filter, response, watch)
                : await WholeReply.RunAsync(call, step.Attempt.Number, response, watch);
            return span.Ended(result with { Leg = answering });
        }
        catch (EngineException error)
        {
            return span.Ended(new AttemptResult(AttemptCauses.Of(error.Failure, watch.Stopped), leg));
        }
        catch (ClientGoneException)
        {
            return span.Ended(new AttemptResult(AttemptCause.ClientGone, leg));
        }
        catch (OperationCanceledException) when (watch.Stopped != AttemptStop.None)
        {
            return span.Ended(new AttemptResult(AttemptCauses.Of(EngineFailure.Cancelled, watch.Stopped), leg));
        }
        finally
        {
            span.Dispose();
        }
    }

    /// <summary>Writes the end of a stream whose engine died with nothing but the end left to say.</summary>
    public async ValueTask<AttemptResult> FinishAsync(InferenceCall call)
    {
        using var watch = new AttemptWatch(
            time, call.Deadline, call.Pool.Definition!.Idle, call.Answer.Gone, CancellationToken.None, silo.GraceOver);
        try
        {
            return await StreamPump.FinishAsync(call, watch);
        }
        catch (ClientGoneException)
        {
            return new AttemptResult(AttemptCause.ClientGone, LegKind.Whole);
        }
    }

    /// <summary>What engines see: the request's id for its first attempt, since an engine may still know it when another attempt comes.</summary>
    private static string EngineRequestId(InferenceCall call, RequestStep step) =>
        step.Attempt.Number == 1 ? call.IdText : string.Create(CultureInfo.InvariantCulture, $"{call.IdText}-{step.Attempt.Number}");

    private static EngineCall Leg(RequestBody sent, string id, InstanceBinding on, ReadOnlyMemory<byte> body, bool streams, TraceHeaders trace) => new()
    {
        Engine = on.Url,
        Path = sent.Endpoint.Path(),
        Body = body,
        RequestId = id,
        Streams = streams,
        TraceParent = trace.Parent,
        TraceState = trace.State,
    };

    private static async ValueTask<(AttemptResult? Result, PrefillReply Prefill)> PrefillAsync(
        EngineClient client,
        IEngineProtocol protocol,
        LegPlan plan,
        string id,
        Binding binding,
        PooledBuffer buffer,
        PooledBuffer reply,
        AttemptWatch watch,
        TraceHeaders trace)
    {
        var body = protocol.WritePrefill(plan.Body, plan.Values, buffer);
        using var response = await client.SendAsync(Leg(plan.Body, id, binding.Prefill, body, streams: false, trace), watch.Token);
        if (!response.IsSuccess)
        {
            return (await RefusedAsync(response, LegKind.Prefill, watch), default);
        }

        await response.ReadAsync(reply, MaxPrefillReply, watch.Token);
        var prefill = protocol.ReadPrefill(reply, binding.Prefill.Url);
        return prefill.Failure == EngineFailure.None
            ? (null, prefill)
            : (new AttemptResult(AttemptCauses.Of(prefill.Failure, AttemptStop.None), LegKind.Prefill), default);
    }

    private static async ValueTask<AttemptResult> RefusedAsync(EngineResponse response, LegKind leg, AttemptWatch watch)
    {
        var error = await response.ReadErrorAsync(watch.Token);
        return new AttemptResult(AttemptCauses.OfStatus(response.Status), leg, error);
    }
}
