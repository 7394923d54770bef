namespace Krewe.Core.Feeds;

/// <summary>What a frame is to its follower.</summary>
public enum FeedStep
{
    /// <summary>The next one: nothing is missing before it.</summary>
    Next,

    /// <summary>One that is known already.</summary>
    Old,

    /// <summary>Something is missing before it: a snapshot is wanted.</summary>
    Behind,
}
