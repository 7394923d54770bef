namespace Krewe.Core.Load;

/// <summary>An instance's load at a moment, as its actor knows it.</summary>
/// <param name="ReservedRequests">Live reservations.</param>
/// <param name="ReservedTokens">Prompt tokens, estimated, that they hold.</param>
/// <param name="ExternalRequests">What the engine reported beyond what was dispatched to it up to that report.</param>
/// <param name="Reported">The engine's last report.</param>
public readonly record struct LoadSnapshot(int ReservedRequests, long ReservedTokens, int ExternalRequests, ReportedLoad Reported)
{
    /// <summary>Requests that count against the instance's limit.</summary>
    public int Requests => ReservedRequests + ExternalRequests;
}
