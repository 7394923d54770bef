namespace Krewe.Core.Requests;

/// <summary>What an event did to a request's life.</summary>
public enum StepResult
{
    Applied,

    /// <summary>It names another attempt than the running one, or does not fit the phase: nothing changed.</summary>
    Stale,

    /// <summary>The request has reached its terminal state: nothing changed.</summary>
    AlreadyEnded,
}
