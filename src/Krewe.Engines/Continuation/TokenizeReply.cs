namespace Krewe.Engines.Continuation;

/// <summary>What an engine's <c>/tokenize</c> says.</summary>
/// <param name="Ids">Token ids, a JSON list of numbers without its brackets.</param>
/// <param name="MaxModelLength">Tokens that prompt and answer may have together; null if it was not told.</param>
internal readonly record struct TokenizeReply(byte[] Ids, int? MaxModelLength)
{
    public int Count => Ids.Length == 0 ? 0 : Ids.AsSpan().Count((byte)',') + 1;
}
