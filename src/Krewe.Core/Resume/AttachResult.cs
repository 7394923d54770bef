namespace Krewe.Core.Resume;

/// <summary>Whether a reader may go on with a stream.</summary>
public enum AttachResult
{
    /// <summary>It goes on behind the event that it named; whoever read before is to leave.</summary>
    Attached,

    /// <summary>Some of what it does not have is not kept any more.</summary>
    Missed,

    /// <summary>It names an event that has not been.</summary>
    Ahead,
}
