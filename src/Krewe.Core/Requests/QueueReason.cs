namespace Krewe.Core.Requests;

/// <summary>Why a request waits: a closed set.</summary>
public enum QueueReason
{
    /// <summary>Others wait already, and come first.</summary>
    Turn,

    /// <summary>No schedulable instance has room.</summary>
    Room,

    /// <summary>No instance can be scheduled.</summary>
    Instance,
}
