namespace Krewe.Core.Instances;

/// <summary>Whether an instance lives, as far as evidence tells. Moved by evidence only.</summary>
public enum Liveness
{
    /// <summary>No incarnation is known, or the last one is gone.</summary>
    Removed,

    /// <summary>Registered, not yet confirmed by a probe or a heartbeat.</summary>
    Joining,

    /// <summary>Its lease is running.</summary>
    Active,

    /// <summary>The lease is gone but other evidence says that it lives; schedulable after every Active one.</summary>
    LeaseLost,

    /// <summary>No new work; removed unless evidence comes within the window.</summary>
    Suspect,
}
