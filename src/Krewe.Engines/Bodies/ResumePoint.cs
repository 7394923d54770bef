namespace Krewe.Engines.Bodies;

/// <summary>How far a client got with an answer whose stream it lost: <c>krewe.resume</c> of a body that is posted again.</summary>
/// <param name="EscapedText">The text that it holds, JSON-escaped, without quotes: a part of the client's bytes.</param>
/// <param name="Tokens">The tokens that this is, as it was told with the last of them; null = not known.</param>
public readonly record struct ResumePoint(ReadOnlyMemory<byte> EscapedText, int? Tokens)
{
    /// <summary>Whether it holds nothing: then the request is an ordinary one.</summary>
    public bool IsEmpty => EscapedText.IsEmpty && Tokens is null or 0;
}
