using System.Globalization;
using Krewe.EngineSim.Tokens;

namespace Krewe.Bench.Drill.Verdict;

/// <summary>Compares a text with the answer that it has to be, token by token.</summary>
/// <param name="Lost">Tokens that are missing: in between, and where the answer is said to be whole, at its end.</param>
/// <param name="Doubled">Tokens that came again.</param>
/// <param name="Foreign">Pieces that are no token of this answer, or not at their place.</param>
internal readonly record struct TokenCheck(int Lost, int Doubled, int Foreign)
{
    private const int HashDigits = 3;

    /// <param name="text">As the client holds it.</param>
    /// <param name="seed">Names the answer.</param>
    /// <param name="tokens">How many tokens with a text the whole answer has.</param>
    /// <param name="isWhole">Whether it is said to be complete; else it may end anywhere, within a token too.</param>
    public static TokenCheck Of(string text, ulong seed, int tokens, bool isWhole)
    {
        // What every right text passes, and nearly every text is right.
        var expected = SimTokens.Text(seed, 0, tokens);
        if (text == expected || (!isWhole && expected.StartsWith(text, StringComparison.Ordinal)))
        {
            return default;
        }

        var seen = new HashSet<int>();
        int doubled = 0, foreign = 0, last = -1;
        for (var at = 0; at < text.Length;)
        {
            var (length, index) = Read(text, at);
            var isToken = index >= 0 && index < tokens && text.AsSpan(at, length).SequenceEqual(SimTokens.Text(seed, index));
            if (isToken && !seen.Add(index))
            {
                doubled++;
            }
            else if (isToken)
            {
                // Late, but not missing: out of order.
                foreign += index < last ? 1 : 0;
                last = Math.Max(last, index);
            }
            else if (isWhole || at + length < text.Length || !SimTokens.Text(seed, Math.Min(last + 1, SimTokens.MaxIndex)).StartsWith(text[at..], StringComparison.Ordinal))
            {
                foreign++;
            }

            at += length;
        }

        var until = isWhole ? tokens : last + 1;
        return new TokenCheck(until - seen.Count(index => index < until), doubled, foreign);
    }

    /// <summary>The piece that starts here: as a token, " w17.3fa" and perhaps a line feed; else up to the next space, with index -1.</summary>
    private static (int Length, int Index) Read(string text, int start)
    {
        var at = start + 1;
        if (text[start] == ' ' && at < text.Length)
        {
            at += char.IsHighSurrogate(text[at]) ? 2 : 1;
            var digits = at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
            {
                at++;
            }

            if (at > digits && at - digits < 7 && at + HashDigits < text.Length && text[at] == '.')
            {
                var index = int.Parse(text.AsSpan(digits, at - digits), NumberStyles.None, CultureInfo.InvariantCulture);
                at += 1 + HashDigits;
                return ((at < text.Length && text[at] == '\n' ? at + 1 : at) - start, index);
            }
        }

        var next = text.IndexOf(' ', start + 1);
        return ((next < 0 ? text.Length : next) - start, -1);
    }
}
