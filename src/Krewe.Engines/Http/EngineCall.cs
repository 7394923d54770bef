namespace Krewe.Engines.Http;

/// <summary>One leg's POST.</summary>
public readonly record struct EngineCall
{
    /// <summary>The engine's base URL, as registered. Pass the same object each time: what is derived from it is kept with it.</summary>
    public required Uri Engine { get; init; }

    /// <summary>The path behind it, e.g. <c>/v1/chat/completions</c>. A constant.</summary>
    public required string Path { get; init; }

    /// <summary>The body, which must stay as it is until the call has returned.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The <c>X-Request-Id</c>: ours, the same on both legs, never the client's.</summary>
    public required string RequestId { get; init; }

    /// <summary>Whether the answer is to be an event stream.</summary>
    public bool Streams { get; init; }

    /// <summary>The engine's own bearer token; null = none.</summary>
    public string? BearerToken { get; init; }

    /// <summary>The W3C trace context to pass on; null = none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>What goes with it; null = nothing.</summary>
    public string? TraceState { get; init; }
}
