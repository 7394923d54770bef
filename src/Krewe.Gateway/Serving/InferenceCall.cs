using Krewe.Core.Identity;
using Krewe.Core.Retry;
using Krewe.Engines.Bodies;
using Krewe.Engines.Streams;
using Krewe.Fleet.Requests;
using Krewe.Fleet.View;
using Krewe.Gateway.Tracing;

namespace Krewe.Gateway.Serving;

/// <summary>One client's call while it is served.</summary>
internal sealed class InferenceCall : IDisposable
{
    private readonly Lock _gate = new();
    private bool _isOver;

    public required ClientAnswer Answer { get; init; }

    public required RequestId Id { get; init; }

    /// <summary>The id as engines and clients read it.</summary>
    public required string IdText { get; init; }

    /// <summary>On whose behalf.</summary>
    public TenantId Tenant { get; init; }

    /// <summary>What the chain of its prompt begins with.</summary>
    public ulong PrefixRoot { get; init; }

    public required RequestBody Body { get; init; }

    /// <summary>Its span; it belongs to whoever made it.</summary>
    public RequestSpan Span { get; init; }

    public required PoolSlot Pool { get; init; }

    public required IRequestRef Request { get; init; }

    public required Deadline Deadline { get; init; }

    /// <summary>How a broken stream goes on.</summary>
    public required CallContinuation Continuation { get; init; }

    /// <summary>What the client has so far, over all attempts.</summary>
    public StreamTally Tally => Continuation.Tally;

    /// <summary>Ends it, from another thread, on behalf of its client. False where it is over.</summary>
    public bool TryCancel()
    {
        // Behind the call's end its connection may serve another.
        lock (_gate)
        {
            if (!_isOver)
            {
                Answer.Cancel();
            }

            return !_isOver;
        }
    }

    /// <summary>Tokens of prompt and answer that it cost so far, as engines count; the prompt by estimate where none has told. 0 where nothing came.</summary>
    public long UsedTokens => Tally switch
    {
        { PromptTokens: >= 0 and var prompt } => prompt + (long)Tally.CompletionTokens,
        { CompletionTokens: > 0 and var answer } => Body.EstimatedPromptTokens + (long)answer,
        _ => 0,
    };

    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
        }

        Continuation.Dispose();
    }
}
