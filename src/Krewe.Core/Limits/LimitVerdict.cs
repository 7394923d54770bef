namespace Krewe.Core.Limits;

/// <summary>Whether a caller's limits let a request begin.</summary>
public enum LimitVerdict
{
    Granted,

    /// <summary>As many run as may.</summary>
    TooManyRunning,

    /// <summary>The tokens that it may need are not there.</summary>
    TooManyTokens,
}
