namespace Krewe.EngineSim.Engine;

/// <summary>Where a sequence is in the engine.</summary>
internal enum SequencePhase
{
    New,
    Waiting,

    /// <summary>Admitted; its KV comes from elsewhere, or its prefill is of a fixed time.</summary>
    Loading,
    Prefilling,
    Decoding,

    /// <summary>Every token produced.</summary>
    Completed,
    Cancelled,

    /// <summary>Its KV could not be loaded.</summary>
    Failed,
}
