namespace Krewe.Core.Pools;

/// <summary>Why a pool's health is what it is: a closed set, for metrics and alerts.</summary>
public enum PoolHealthReason
{
    /// <summary>Nothing is lost and every role is served.</summary>
    AllServing,

    /// <summary>Some instances are lost; the others serve.</summary>
    InstancesLost,

    /// <summary>Nothing is lost, but a role that the pool has is served by no instance of its own.</summary>
    RoleUnserved,

    /// <summary>The pool has no instance.</summary>
    NoInstances,

    /// <summary>Every instance is set aside by operators.</summary>
    AllSetAside,

    /// <summary>No instance has come up yet.</summary>
    Starting,

    /// <summary>What is schedulable cannot serve a whole request.</summary>
    CannotServe,

    /// <summary>An instance is lost, and the pool's failure mode takes that as the loss of all.</summary>
    FailedFast,
}
