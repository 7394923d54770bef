namespace Krewe.EngineSim.Protocol;

/// <summary>
/// How an answer is cut into chunks and bytes. The default is the plain case; the rest is what real engines do now and
/// then. Set for an instance, or for one request by the same names in snake case inside the body's <c>krewe_sim</c> object.
/// </summary>
public sealed record SimStreamShape
{
    public static SimStreamShape Plain { get; } = new();

    /// <summary>
    /// A token whose text holds a multi-byte character counts as one whose bytes are not complete yet: its chunk has no
    /// text, and the whole text comes with the next token's (or at the end). <c>split_characters</c>
    /// </summary>
    public bool SplitCharacters { get; init; }

    /// <summary>Each event goes out in two writes, cut inside a multi-byte character where it has one. <c>split_writes</c></summary>
    public bool SplitWrites { get; init; }

    /// <summary>Every so many tokens one has no text (index % n = n - 1); 0 = none. <c>empty_every</c></summary>
    public int EmptyEvery { get; init; }

    /// <summary>Tokens in a chunk; the last may hold fewer. Default 1. <c>tokens_per_chunk</c></summary>
    public int TokensPerChunk { get; init; } = 1;

    /// <summary>An SSE comment before each event. <c>comments</c></summary>
    public bool Comments { get; init; }

    /// <summary>Lines end with CR LF. <c>crlf</c></summary>
    public bool Crlf { get; init; }

    internal bool IsEmpty(int index) => EmptyEvery > 0 && index % EmptyEvery == EmptyEvery - 1;

    internal IEnumerable<string> Errors()
    {
        if (TokensPerChunk is < 1 or > 10_000)
        {
            yield return $"tokens_per_chunk must be from 1 to 10,000, is {TokensPerChunk}.";
        }

        if (EmptyEvery is < 0 or 1 or > 1_000_000)
        {
            yield return $"empty_every must be 0 or from 2 to 1,000,000, is {EmptyEvery}.";
        }
    }
}
