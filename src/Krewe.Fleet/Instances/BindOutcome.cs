namespace Krewe.Fleet.Instances;

/// <summary>Whether an instance took a binding. Closed; each value is a metric tag.</summary>
public enum BindOutcome
{
    Bound,

    /// <summary>The epoch named is not the current one.</summary>
    EpochMoved,

    NotSchedulable,

    Full,

    /// <summary>The attempt was already given up: a late reserve does not follow its release.</summary>
    AlreadyReleased,
}
