namespace Krewe.Core.Pools;

/// <summary>What the loss of one instance means for its pool.</summary>
public enum FailureMode
{
    /// <summary>The pool serves on with what is left.</summary>
    Resilient,

    /// <summary>One lost instance takes the pool down at once.</summary>
    FailFast,
}
