namespace Krewe.Core.Instances;

/// <summary>What a pool must know of a member to tell its loss from our own blindness; see <see cref="Pools.BlindnessRule"/>.</summary>
public enum Hearing
{
    /// <summary>It answers, if only with an error.</summary>
    Heard,

    /// <summary>Its last probe went unanswered, and nothing was heard of it since; or its agent is silent for too long.</summary>
    Silent,

    /// <summary>Not confirmed yet, known to be dead, or removed: it says nothing of what we can hear.</summary>
    Gone,
}
