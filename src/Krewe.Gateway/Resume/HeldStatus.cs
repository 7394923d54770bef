namespace Krewe.Gateway.Resume;

/// <summary>What there is for a reader.</summary>
internal enum HeldStatus
{
    /// <summary>Events that it does not have.</summary>
    Some,

    /// <summary>Nothing now.</summary>
    None,

    /// <summary>Nothing any more.</summary>
    Ended,

    /// <summary>Another has taken its place.</summary>
    Superseded,
}
