using Krewe.Core.Pools;
using Krewe.Core.Requests;
using Krewe.Engines.Bodies;
using Krewe.Engines.Buffers;
using Krewe.Engines.Continuation;
using Krewe.Engines.Http;
using Krewe.Engines.Streams;

namespace Krewe.Gateway.Serving;

/// <summary>One call's continuation over its attempts: what legs are asked to tell, and how the next one takes up what the last one left.</summary>
internal sealed class CallContinuation(RequestBody body, ContinuationMode mode, StreamTally tally) : IDisposable
{
    private readonly ContinuationRefusal _forbidden = body.Stream ? ContinuationRequest.Forbidden(body) : ContinuationRefusal.None;
    private readonly bool _isWatched = body.Stream && body.Endpoint != RequestEndpoint.Embeddings && mode != ContinuationMode.Off;
    private PooledBuffer? _buffer;

    /// <summary>Whether anything of a stream was sent to the client.</summary>
    public bool HasSent { get; set; }

    /// <summary>What becomes of the stream; <see cref="ContinuationKind.Restart"/> as long as nothing broke.</summary>
    public ContinuationDecision Decision { get; private set; } = new(ContinuationKind.Restart);

    /// <summary>An attempt failed: cuts the books back to what was wholly delivered, and decides.</summary>
    public ContinuationDecision After(AttemptResult result)
    {
        if (!HasSent)
        {
            return Decision;
        }

        tally.CutBack();
        return Decision = result.Refusal != ContinuationRefusal.None
            ? ContinuationDecision.Refuse(result.Refusal)
            : ContinuationRule.Decide(new ContinuationState
            {
                Mode = mode,
                Forbidden = _forbidden,
                IsFinished = tally.Finish != FinishReason.None,
                HasContent = tally.ContentChunks > 0,
                HasReasoning = tally.ReasoningSent,
                HasToolCall = tally.ToolCallSent,
                IsTextKept = !tally.TextOverflowed,
                EndsInsideCharacter = tally.EndsInsideCharacter,
                TokensDelivered = tally.DeliveredTokens,
                IsCounted = tally.IsDeliveredExact,
                MaxTokens = ContinuationRequest.MaxTokens(body),
                MinTokens = ContinuationRequest.MinTokens(body),
            });
    }

    /// <summary>What the next attempt asks for and shows; or why there is no next attempt after all.</summary>
    public ValueTask<(LegPlan Plan, AttemptResult? Failed)> PlanAsync(
        ContinuationPlanner planner, Binding binding, EngineClient client, CancellationToken cancellationToken)
    {
        if (Decision.Kind != ContinuationKind.Continue)
        {
            return ValueTask.FromResult<(LegPlan, AttemptResult?)>((Plan(body, planner, binding, client), null));
        }

        return ContinueAsync(planner, binding, client, cancellationToken);
    }

    public void Dispose() => _buffer?.Dispose();

    private async ValueTask<(LegPlan Plan, AttemptResult? Failed)> ContinueAsync(
        ContinuationPlanner planner, Binding binding, EngineClient client, CancellationToken cancellationToken)
    {
        _buffer ??= new PooledBuffer();
        _buffer.Clear();
        var stream = new BrokenStream { Body = body, Tally = tally, Decision = Decision, Mode = mode, Binding = binding, Client = client };
        var plan = await planner.PlanAsync(stream, _buffer, cancellationToken);
        return plan.Body is { } next ? (Plan(next, planner, binding, client), null)
            : plan.Failure != EngineFailure.None ? (default, new AttemptResult(AttemptCauses.Of(plan.Failure, AttemptStop.None), binding.DecodeLeg))
            : (default, new AttemptResult(AttemptCause.NotContinued, binding.DecodeLeg) { Refusal = plan.Refusal });
    }

    private LegPlan Plan(RequestBody next, ContinuationPlanner planner, Binding binding, EngineClient client)
    {
        var asked = _isWatched && _forbidden == ContinuationRefusal.None ? planner.Ask(body, mode, binding.Decode, client) : default;
        if (asked.TokenIds)
        {
            tally.Ids ??= new TokenIdTally();
        }

        return new LegPlan(next, asked, new StreamFilter
        {
            HideChunkUsage = !asked.StreamOptions.IsEmpty,
            HideUsageChunk = !asked.StreamOptions.IsEmpty && !body.IncludeUsage,
            HideTokenIds = asked.TokenIds,
            IsContinued = HasSent,
            HideRole = tally.RoleSent,
            AsChat = next.Endpoint != body.Endpoint,
        });
    }
}
