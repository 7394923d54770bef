using Krewe.Core.Pools;
using Krewe.Core.Requests;
using Krewe.Engines.Bodies;
using Krewe.Engines.Http;
using Krewe.Engines.Streams;

namespace Krewe.Engines.Continuation;

/// <summary>A stream that is to go on, and where.</summary>
public sealed record BrokenStream
{
    /// <summary>The client's request.</summary>
    public required RequestBody Body { get; init; }

    /// <summary>What the client has of the answer.</summary>
    public required StreamTally Tally { get; init; }

    /// <summary>What may still be generated.</summary>
    public required ContinuationDecision Decision { get; init; }

    /// <summary>The pool's mode.</summary>
    public required ContinuationMode Mode { get; init; }

    /// <summary>Who is to go on with it.</summary>
    public required Binding Binding { get; init; }

    /// <summary>The pool's way to its engines.</summary>
    public required EngineClient Client { get; init; }
}
