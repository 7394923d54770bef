using System.Globalization;
using System.Text;

namespace Krewe.EngineSim.Tokens;

/// <summary>
/// What the simulated model says: token <em>i</em> of an answer is a pure function of (seed, <em>i</em>). Its text, as
/// <c>" w17.3fa"</c>, holds the index and twelve bits of a hash of both, so that a lost, doubled, reordered or foreign token
/// shows. One token in eight each has a letter of two, three or four UTF-8 bytes, and one in sixteen ends with a line feed:
/// what a continuation has to get right is in every longer answer.
/// </summary>
public static class SimTokens
{
    /// <summary>The highest index; answers are shorter.</summary>
    public const int MaxIndex = (1 << 17) - 1;

    /// <summary>The highest seed: every JSON reader holds it exactly.</summary>
    public const ulong MaxSeed = (1UL << 53) - 1;

    /// <summary>Most UTF-8 bytes of a token's text inside a JSON string.</summary>
    internal const int MaxJsonBytes = 18;

    /// <summary>Token ids from here up are answer tokens; see <see cref="SimTokenizer"/> for those below.</summary>
    internal const int FirstId = 6 << 28;

    private const int HashBits = 12;

    /// <summary>The text of token <paramref name="index"/> of the answer with this seed.</summary>
    public static string Text(ulong seed, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, MaxIndex);
        return TextOf(Id(seed, index));
    }

    /// <summary>The texts of tokens <paramref name="first"/> to <paramref name="first"/> + <paramref name="count"/> - 1, joined.</summary>
    public static string Text(ulong seed, int first, int count)
    {
        var text = new StringBuilder(count * 10);
        for (var i = first; i < first + count; i++)
        {
            text.Append(Text(seed, i));
        }

        return text.ToString();
    }

    /// <summary>The id of token <paramref name="index"/> of the answer with this seed, as <c>/tokenize</c> tells it.</summary>
    public static int Id(ulong seed, int index) => FirstId + (index << HashBits) + (int)(Mix(seed + ((ulong)index * 0x9E3779B97F4A7C15)) >> (64 - HashBits));

    /// <summary>The seed of the answer to a prompt, given as token ids; of the whole prompt, so a continuation's seed is that of the prompt before the partial answer.</summary>
    public static ulong SeedOf(ReadOnlySpan<int> promptIds)
    {
        var hash = 0x243F6A8885A308D3UL;
        foreach (var id in promptIds)
        {
            hash = (hash ^ (uint)id) * 0x9FB21C651E98DF25;
            hash ^= hash >> 29;
        }

        return Mix(hash) & MaxSeed;
    }

    /// <summary>The seed of the answer to a completion's prompt.</summary>
    public static ulong SeedOf(string prompt) => SeedOf(SimTokenizer.Encode(prompt));

    /// <summary>The seed of choice <paramref name="choice"/> of a request for several: that of the request for the first.</summary>
    public static ulong SeedOfChoice(ulong seed, int choice) => choice == 0 ? seed : Mix(seed + ((ulong)choice * 0xD1B54A32D192ED03)) & MaxSeed;

    internal static bool IsAnswerToken(int id) => id >= FirstId;

    internal static int IndexOf(int id) => (id - FirstId) >> HashBits;

    internal static bool IsMultiByte(int id) => ((id - FirstId) & 7) >= 5;

    internal static string TextOf(int id)
    {
        var hash = (id - FirstId) & ((1 << HashBits) - 1);
        return string.Create(CultureInfo.InvariantCulture, $" {Letter(hash)}{IndexOf(id)}.{hash:x3}{(EndsLine(hash) ? "\n" : "")}");
    }

    /// <summary>Writes the text of a token as the inside of a JSON string; <paramref name="to"/> has room for <see cref="MaxJsonBytes"/>.</summary>
    /// <returns>Bytes written.</returns>
    internal static int WriteJson(int id, Span<byte> to) => Write(id, to, "\\n"u8);

    internal static int WriteUtf8(int id, Span<byte> to) => Write(id, to, "\n"u8);

    /// <summary>Reads one token's text from the start of a text.</summary>
    /// <returns>Bytes it takes; 0 where no token starts here.</returns>
    internal static int Read(ReadOnlySpan<byte> text, out int id)
    {
        id = 0;
        if (text.Length < 7 || text[0] != ' ')
        {
            return 0;
        }

        var at = 1 + (text[1] switch { < 0x80 => 1, < 0xE0 => 2, < 0xF0 => 3, _ => 4 });
        var index = 0;
        var digits = at;
        while (at < text.Length && text[at] is >= (byte)'0' and <= (byte)'9' && at - digits < 6)
        {
            index = (index * 10) + (text[at++] - '0');
        }

        if (at == digits || at + 4 > text.Length || text[at] != '.' || index > MaxIndex || (text[digits] == '0' && at - digits > 1))
        {
            return 0;
        }

        var hash = 0;
        for (var i = 1; i <= 3; i++)
        {
            var digit = text[at + i] switch
            {
                >= (byte)'0' and <= (byte)'9' and var c => c - '0',
                >= (byte)'a' and <= (byte)'f' and var c => c - 'a' + 10,
                _ => -1,
            };
            if (digit < 0)
            {
                return 0;
            }

            hash = (hash << 4) | digit;
        }

        // Letter and line feed follow from the hash: what does not fit is other text that looks alike.
        Span<byte> expected = stackalloc byte[MaxJsonBytes];
        var candidate = FirstId + (index << HashBits) + hash;
        var length = WriteUtf8(candidate, expected);
        if (!text.StartsWith(expected[..length]))
        {
            return 0;
        }

        id = candidate;
        return length;
    }

    private static int Write(int id, Span<byte> to, ReadOnlySpan<byte> lineFeed)
    {
        var hash = (id - FirstId) & ((1 << HashBits) - 1);
        to[0] = (byte)' ';
        var letter = LetterUtf8(hash);
        letter.CopyTo(to[1..]);
        var at = 1 + letter.Length;
        IndexOf(id).TryFormat(to[at..], out var written, default, CultureInfo.InvariantCulture);
        at += written;
        to[at++] = (byte)'.';
        to[at++] = Hex(hash >> 8);
        to[at++] = Hex((hash >> 4) & 15);
        to[at++] = Hex(hash & 15);
        if (EndsLine(hash))
        {
            lineFeed.CopyTo(to[at..]);
            at += lineFeed.Length;
        }

        return at;
    }

    private static byte Hex(int digit) => (byte)(digit < 10 ? '0' + digit : 'a' + digit - 10);

    private static bool EndsLine(int hash) => ((hash >> 3) & 15) == 0;

    private static string Letter(int hash) => (hash & 7) switch { 5 => "é", 6 => "祭", 7 => "🎺", _ => "w" };

    private static ReadOnlySpan<byte> LetterUtf8(int hash) => (hash & 7) switch { 5 => "é"u8, 6 => "祭"u8, 7 => "🎺"u8, _ => "w"u8 };

    /// <summary>The finalizer of SplitMix64.</summary>
    internal static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
