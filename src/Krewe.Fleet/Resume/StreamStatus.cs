namespace Krewe.Fleet.Resume;

/// <summary>How a held stream stands for its reader.</summary>
public enum StreamStatus
{
    /// <summary>There may be more.</summary>
    Open,

    /// <summary>It came to its proper end, with these events.</summary>
    Ended,

    /// <summary>It ended with these events, the last of which tells an error: its client's connection is to be cut.</summary>
    Cut,

    /// <summary>Another reader has taken this one's place.</summary>
    Superseded,

    /// <summary>Some of what the reader does not have is not kept any more.</summary>
    Missed,

    /// <summary>The reader names an event that has not been.</summary>
    Ahead,

    /// <summary>There is no such request, or it is somebody else's.</summary>
    Gone,
}
