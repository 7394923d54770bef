namespace Krewe.EngineSim.Faults;

/// <summary>What <c>GET /health</c> does.</summary>
public enum SimHealth
{
    Ok,

    /// <summary>503.</summary>
    Down,

    /// <summary>Never answers.</summary>
    Hangs,
}
