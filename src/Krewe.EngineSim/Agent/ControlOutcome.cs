namespace Krewe.EngineSim.Agent;

/// <summary>What a silo made of a registration or a heartbeat.</summary>
internal enum ControlOutcome
{
    Accepted,
    Drained,

    /// <summary>404: register again.</summary>
    UnknownInstance,

    /// <summary>409: another incarnation of the name lives; try again later.</summary>
    NameInUse,

    /// <summary>409: superseded for good.</summary>
    StaleIncarnation,

    /// <summary>Another 4xx: saying it again would not help.</summary>
    Refused,

    /// <summary>No answer, or a 5xx: try again.</summary>
    Unavailable,
}
