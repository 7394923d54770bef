namespace Krewe.EngineSim.Agent;

/// <summary>A silo's answer.</summary>
internal readonly record struct ControlAnswer(ControlOutcome Outcome, string? Message = null, TimeSpan? RetryAfter = null);
