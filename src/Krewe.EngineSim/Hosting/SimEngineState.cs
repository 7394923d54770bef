namespace Krewe.EngineSim.Hosting;

/// <summary>What a simulated engine is doing, for tests to compare; also <c>GET /sim/state</c>.</summary>
public sealed record SimEngineState
{
    public required string Instance { get; init; }

    public required string Incarnation { get; init; }

    /// <summary>Its name in transfer parameters: another in each incarnation.</summary>
    public required string EngineId { get; init; }

    /// <summary>Requests in the batch.</summary>
    public required int Running { get; init; }

    public required int Waiting { get; init; }

    /// <summary>Prompt tokens yet to compute or fetch.</summary>
    public required long QueuedTokens { get; init; }

    public required int BlocksTotal { get; init; }

    /// <summary>Blocks that somebody refers to, those under a lease among them.</summary>
    public required int BlocksInUse { get; init; }

    /// <summary>Blocks that the prefix cache finds.</summary>
    public required int BlocksCached { get; init; }

    /// <summary>Prefills whose KV waits for a decode.</summary>
    public required int LeasesHeld { get; init; }

    public required int LeasedBlocks { get; init; }

    /// <summary>Generation requests that reached it.</summary>
    public required long Dispatches { get; init; }

    /// <summary>Distinct <c>X-Request-Id</c> among them.</summary>
    public required long Attempts { get; init; }

    /// <summary>Of these, how many came more than once. Must stay 0.</summary>
    public required long RepeatedAttempts { get; init; }

    public required long Completed { get; init; }

    public required long Cancelled { get; init; }

    public required long Failed { get; init; }

    public required long GeneratedTokens { get; init; }

    public required long PromptTokens { get; init; }

    /// <summary>Prompt tokens found in the prefix cache.</summary>
    public required long CachedTokens { get; init; }

    /// <summary>Prompt tokens fetched from prefill instances.</summary>
    public required long TransferredTokens { get; init; }
}
