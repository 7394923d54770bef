using Krewe.Core.Identity;
using Krewe.Core.Pools;
using Krewe.Core.Requests;
using Krewe.Engines.Bodies;
using Krewe.Engines.Buffers;
using Krewe.Engines.Continuation;
using Krewe.Engines.Http;
using Krewe.Engines.Streams;
using Krewe.Fleet.Telemetry;

namespace Krewe.Gateway.Serving;

/// <summary>One call's continuation over its attempts: what legs are asked to tell, and how the next one takes up what the last one left.</summary>
internal sealed class CallContinuation : IDisposable
{
    private readonly RequestBody _body;
    private readonly PoolName _pool;
    private readonly ContinuationMode _mode;
    private readonly KreweInstruments _instruments;
    private readonly ContinuationRefusal _forbidden;
    private readonly bool _isWatched;
    private readonly bool _tellsUsage;
    private readonly int _maxBytes;
    private PooledBuffer? _buffer;
    private bool _isBroken;

    /// <param name="body">The client's request.</param>
    /// <param name="pool">Its pool, whose mode counts as it is now.</param>
    /// <param name="maxBytes">How much is kept of the answer, in bytes of JSON.</param>
    /// <param name="instruments">Where it is counted what becomes of broken streams.</param>
    /// <param name="tellsUsage">Whether the client is to see the usage so far with each event.</param>
    public CallContinuation(RequestBody body, PoolDefinition pool, int maxBytes, KreweInstruments instruments, bool tellsUsage = false)
    {
        _tellsUsage = tellsUsage;
        _body = body;
        _pool = pool.Name;
        _mode = pool.Continuation;
        _instruments = instruments;
        _maxBytes = maxBytes;
        _forbidden = body.Stream ? ContinuationRequest.Forbidden(_body) : ContinuationRefusal.None;
        _isWatched = body.Stream && body.Endpoint != RequestEndpoint.Embeddings && _mode != ContinuationMode.Off && _forbidden == ContinuationRefusal.None;
        Tally = new StreamTally(_isWatched ? maxBytes : 0);
    }

    /// <summary>What sets the client's tenant apart in prefix caches, whoever serves it.</summary>
    public ReadOnlyMemory<byte> CacheSalt { get; init; }

    /// <summary>What the client has so far, over all attempts. Its text is kept only where it may be of use.</summary>
    public StreamTally Tally { get; }

    /// <summary>Whether anything of a stream was sent to the client.</summary>
    public bool HasSent { get; set; }

    /// <summary>What becomes of the stream; <see cref="ContinuationKind.Restart"/> as long as nothing broke.</summary>
    public ContinuationDecision Decision { get; private set; } = new(ContinuationKind.Restart);

    /// <summary>The client holds a part of the answer, from a stream that it lost: decides how it goes on.</summary>
    public ContinuationDecision TakeUp(ResumePoint held)
    {
        Tally.TakeUp(held.EscapedText.Span, held.Tokens);
        HasSent = true;
        return Decision = Decide();
    }

    /// <summary>An attempt failed: cuts the books back to what was wholly delivered, and decides.</summary>
    public ContinuationDecision After(AttemptResult result)
    {
        if (!HasSent)
        {
            return Decision;
        }

        if (Tally.Finish == FinishReason.None)
        {
            // The token that ends an answer has no text, and counts.
            Tally.CutBack();
        }

        _isBroken = true;
        return Decision = result.Refusal != ContinuationRefusal.None
            ? ContinuationDecision.Refuse(result.Refusal)
            : Decide();
    }

    /// <summary>What the next attempt asks for and shows; or why there is no next attempt after all.</summary>
    public ValueTask<(LegPlan Plan, AttemptResult? Failed)> PlanAsync(
        ContinuationPlanner planner, Binding binding, EngineClient client, CancellationToken cancellationToken)
    {
        if (Decision.Kind != ContinuationKind.Continue)
        {
            CountGoingOn();
            return ValueTask.FromResult<(LegPlan, AttemptResult?)>((Plan(_body, planner, binding, client), null));
        }

        return ContinueAsync(planner, binding, client, cancellationToken);
    }

    /// <summary>No attempt follows: counts a stream that broke through no fault of the client's.</summary>
    public void NoMoreAttempts(AttemptCause cause, RequestOutcome outcome)
    {
        if (Broke(cause) && outcome != RequestOutcome.ClientGone)
        {
            _instruments.OnContinuation(
                _pool, ContinuationKind.Refuse, Decision.Refusal != ContinuationRefusal.None ? Decision.Refusal : ContinuationRefusal.NoAttempt);
        }
    }

    /// <summary>What was decided about the stream, for its story; null where nothing of it broke that the client would notice.</summary>
    public ContinuationKind? ToTell(AttemptCause cause) => Broke(cause) ? Decision.Kind : null;

    /// <summary>What was missing of a broken stream was its end, which the client has now.</summary>
    public void Finished() => _instruments.OnContinuation(_pool, ContinuationKind.Finish, ContinuationRefusal.None);

    public void Dispose()
    {
        _buffer?.Dispose();
        Tally.Dispose();
    }

    private ContinuationDecision Decide() => ContinuationRule.Decide(new ContinuationState
    {
        Mode = _mode,
        Forbidden = _forbidden,
        IsFinished = Tally.Finish != FinishReason.None,
        HasContent = Tally.ContentChunks > 0,
        HasReasoning = Tally.ReasoningSent,
        HasToolCall = Tally.ToolCallSent,
        IsTextKept = !Tally.TextOverflowed,
        EndsInsideCharacter = Tally.EndsInsideCharacter,
        TokensDelivered = Tally.DeliveredTokens,
        IsCounted = Tally.IsDeliveredExact,
        MaxTokens = ContinuationRequest.MaxTokens(_body),
        MinTokens = ContinuationRequest.MinTokens(_body),
    });

    /// <summary>Whether a stream of which something was sent broke, through no fault of the client's.</summary>
    private bool Broke(AttemptCause cause) => HasSent && (cause.IsRetryable() || cause == AttemptCause.NotContinued);

    private async ValueTask<(LegPlan Plan, AttemptResult? Failed)> ContinueAsync(
        ContinuationPlanner planner, Binding binding, EngineClient client, CancellationToken cancellationToken)
    {
        _buffer ??= new PooledBuffer();
        _buffer.Clear();
        var stream = new BrokenStream { Body = _body, Tally = Tally, Decision = Decision, Mode = _mode, Binding = binding, Client = client };
        var plan = await planner.PlanAsync(stream, _buffer, cancellationToken);
        if (plan.Body is { } next)
        {
            CountGoingOn();
            return (Plan(next, planner, binding, client), null);
        }

        return plan.Failure != EngineFailure.None ? (default, new AttemptResult(AttemptCauses.Of(plan.Failure, AttemptStop.None), binding.DecodeLeg))
            : (default, new AttemptResult(AttemptCause.NotContinued, binding.DecodeLeg) { Refusal = plan.Refusal });
    }

    /// <summary>Once per break, however many attempts came to nothing before one could take it up.</summary>
    private void CountGoingOn()
    {
        if (_isBroken)
        {
            _isBroken = false;
            _instruments.OnContinuation(_pool, Decision.Kind, ContinuationRefusal.None);
        }
    }

    private LegPlan Plan(RequestBody next, ContinuationPlanner planner, Binding binding, EngineClient client)
    {
        var asked = _isWatched ? planner.Ask(_body, _mode, binding.Decode, client) : default;
        if (asked.TokenIds)
        {
            Tally.Ids ??= new TokenIdTally(_maxBytes);
        }

        return new LegPlan(next, asked with { CacheSalt = CacheSalt }, new StreamFilter
        {
            HideChunkUsage = !asked.StreamOptions.IsEmpty && !_tellsUsage,
            HideUsageChunk = !asked.StreamOptions.IsEmpty && !_body.IncludeUsage,
            HideTokenIds = asked.TokenIds,
            IsContinued = HasSent,
            HideRole = Tally.RoleSent,
            AsChat = next.Endpoint != _body.Endpoint,
        });
    }
}
