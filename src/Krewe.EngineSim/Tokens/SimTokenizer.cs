using System.Buffers;
using System.Globalization;
using System.Text;

namespace Krewe.EngineSim.Tokens;

/// <summary>
/// Text to token ids and back, without a vocabulary: an id holds what it stands for. A piece ends before a space and after
/// a line feed, and is at most four ASCII characters or one other character; a token of an answer
/// (<see cref="SimTokens"/>) is one id. So the ids of two texts joined at such a place are their ids joined. Ids below
/// 2^28 stand for nothing: token-id prompts of tests may hold any number.
/// </summary>
public static class SimTokenizer
{
    private const int KindShift = 28;
    private const int CharacterKind = 5 << KindShift;

    /// <summary>The token ids of a text.</summary>
    public static int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Encode(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>The token ids of a text in UTF-8.</summary>
    public static int[] Encode(ReadOnlySpan<byte> utf8)
    {
        var buffer = ArrayPool<int>.Shared.Rent(utf8.Length);
        try
        {
            return buffer.AsSpan(0, Encode(utf8, buffer)).ToArray();
        }
        finally
        {
            ArrayPool<int>.Shared.Return(buffer);
        }
    }

    /// <summary>The text of token ids. Ids that stand for nothing read as <c>&lt;|id|&gt;</c>.</summary>
    public static string Decode(ReadOnlySpan<int> ids)
    {
        var text = new StringBuilder(ids.Length * 4);
        foreach (var id in ids)
        {
            text.Append(Decode(id));
        }

        return text.ToString();
    }

    /// <summary>The text of one token id.</summary>
    public static string Decode(int id)
    {
        if (SimTokens.IsAnswerToken(id))
        {
            return SimTokens.TextOf(id);
        }

        if (id >= CharacterKind)
        {
            var value = id - CharacterKind;
            return Rune.IsValid(value) ? new Rune(value).ToString() : Rune.ReplacementChar.ToString();
        }

        var length = id >> KindShift;
        if (length <= 0)
        {
            return string.Create(CultureInfo.InvariantCulture, $"<|{id}|>");
        }

        return string.Create(length, id, static (span, packed) =>
        {
            for (var i = span.Length - 1; i >= 0; i--)
            {
                span[i] = (char)(packed & 0x7F);
                packed >>= 7;
            }
        });
    }

    private static int Encode(ReadOnlySpan<byte> utf8, Span<int> ids)
    {
        var count = 0;
        while (!utf8.IsEmpty)
        {
            var taken = utf8[0] == ' ' ? SimTokens.Read(utf8, out ids[count]) : 0;
            if (taken == 0)
            {
                taken = utf8[0] < 0x80 ? ReadAscii(utf8, out ids[count]) : ReadCharacter(utf8, out ids[count]);
            }

            count++;
            utf8 = utf8[taken..];
        }

        return count;
    }

    private static int ReadAscii(ReadOnlySpan<byte> utf8, out int id)
    {
        var length = 0;
        var packed = 0;
        while (length < 4 && length < utf8.Length && utf8[length] < 0x80 && (length == 0 || utf8[length] != ' '))
        {
            packed = (packed << 7) | utf8[length++];
            if (utf8[length - 1] == '\n')
            {
                break;
            }
        }

        id = (length << KindShift) | packed;
        return length;
    }

    private static int ReadCharacter(ReadOnlySpan<byte> utf8, out int id)
    {
        Rune.DecodeFromUtf8(utf8, out var rune, out var taken);
        id = CharacterKind | rune.Value;
        return taken;
    }
}
