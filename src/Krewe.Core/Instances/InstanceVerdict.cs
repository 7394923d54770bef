namespace Krewe.Core.Instances;

/// <summary>What the sender of an event is told.</summary>
public enum InstanceVerdict
{
    /// <summary>It counted. A registration: a new epoch began. A heartbeat: its load counts, its lease is not renewed (it was deleted, or its address refuses).</summary>
    Accepted,

    /// <summary>The lease was renewed. A heartbeat: its load counts too.</summary>
    Renewed,

    /// <summary>Nothing to it: an old number, an engine not seen lately, another epoch's event, a Tick before its time.</summary>
    Ignored,

    /// <summary>Another incarnation of the name was heard a moment ago: 409 <c>name_in_use</c>, try again after <see cref="LeaseOptions.IncumbentHeard"/>.</summary>
    NameInUse,

    /// <summary>This incarnation was superseded, for good: 409 <c>stale_incarnation</c>.</summary>
    StaleIncarnation,

    /// <summary>Not the current incarnation, nor a superseded one: 404 <c>unknown_instance</c>, register (again).</summary>
    UnknownInstance,

    /// <summary>This incarnation was drained: it is told so and must not register again.</summary>
    Drained,
}
