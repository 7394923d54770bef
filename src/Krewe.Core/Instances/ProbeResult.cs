namespace Krewe.Core.Instances;

/// <summary>The answer to a health probe.</summary>
public enum ProbeResult
{
    Ok,

    /// <summary>It answered, with an error status.</summary>
    Unhealthy,

    /// <summary>No answer in time.</summary>
    TimedOut,

    /// <summary>The connection was refused or reset: <see cref="EvidenceKind.Dead"/>.</summary>
    Refused,
}
