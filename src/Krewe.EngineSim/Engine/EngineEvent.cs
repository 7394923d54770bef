namespace Krewe.EngineSim.Engine;

/// <summary>What a step did to a sequence.</summary>
/// <param name="Kind">What.</param>
/// <param name="Sequence">To which.</param>
/// <param name="Elapsed">For a token: since the one before it, for the first since the sequence was submitted.</param>
internal readonly record struct EngineEvent(EngineEventKind Kind, SimSequence Sequence, TimeSpan Elapsed = default);
