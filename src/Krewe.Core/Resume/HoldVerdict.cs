namespace Krewe.Core.Resume;

/// <summary>What becomes of a stream that is held for its client.</summary>
public enum HoldVerdict
{
    Keep,

    /// <summary>Nobody will come back for it: the request is to be cancelled.</summary>
    Abandon,

    /// <summary>It is over, and nobody will ask for it any more.</summary>
    Forget,
}
