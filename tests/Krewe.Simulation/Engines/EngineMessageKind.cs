namespace Krewe.Simulation.Engines;

/// <summary>What an engine, or the machine it ran on, says on a connection.</summary>
internal enum EngineMessageKind
{
    /// <summary>The prefill leg is done; <see cref="EngineMessage.Value"/> is the handle of what it holds.</summary>
    PrefillDone,

    Token,

    /// <summary>The answer is whole; <see cref="EngineMessage.Index"/> is how many tokens this attempt gave.</summary>
    Finished,

    /// <summary>An error status instead of an answer: <see cref="EngineMessage.Index"/>.</summary>
    Status,

    /// <summary>The KV cache could not be fetched from the prefill instance.</summary>
    TransferFailed,

    /// <summary>Something that is not the protocol.</summary>
    Garbage,

    /// <summary>No connection in time.</summary>
    NoConnection,

    /// <summary>Nothing listens there.</summary>
    Refused,

    /// <summary>The connection broke.</summary>
    Reset,
}
