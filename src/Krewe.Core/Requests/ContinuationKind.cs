namespace Krewe.Core.Requests;

/// <summary>What becomes of a stream that broke after something of it was sent.</summary>
public enum ContinuationKind
{
    /// <summary>It ends with an error: <see cref="ContinuationDecision.Refusal"/> says why it cannot go on.</summary>
    Refuse,

    /// <summary>Nothing of the answer itself was sent: the request is run again, and the client does not notice.</summary>
    Restart,

    /// <summary>Another attempt goes on behind the last token that was wholly delivered.</summary>
    Continue,

    /// <summary>The answer is whole, or has all the tokens it may have: only its end is missing, and is written here.</summary>
    Finish,
}
