namespace Krewe.Core.Requests;

/// <summary>What is true of each <see cref="RequestPhase"/>.</summary>
public static class RequestPhaseFacts
{
    public static bool IsTerminal(this RequestPhase phase) =>
        phase is RequestPhase.Completed or RequestPhase.Failed or RequestPhase.Cancelled;

    /// <summary>Whether an attempt is under way: its reservations are held.</summary>
    public static bool HasAttempt(this RequestPhase phase) =>
        phase is RequestPhase.Bound or RequestPhase.Prefilling or RequestPhase.Decoding;
}
