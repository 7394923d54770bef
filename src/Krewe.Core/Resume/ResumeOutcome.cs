namespace Krewe.Core.Resume;

/// <summary>What came of a client's wish to go on with a broken stream: a closed set.</summary>
public enum ResumeOutcome
{
    /// <summary>It reads on, here.</summary>
    Attached,

    /// <summary>It reads on, from another silo by way of this one.</summary>
    Relayed,

    /// <summary>The request is not held anywhere that is known, or is not this client's.</summary>
    Gone,

    /// <summary>The request is held, but some of what the client lacks is not any more.</summary>
    Missed,

    /// <summary>It was posted again, and goes on behind the text that the client holds.</summary>
    Continued,

    /// <summary>It was posted again, and nothing but its end was missing.</summary>
    Finished,

    /// <summary>It was posted again, and cannot be continued soundly.</summary>
    Refused,
}
