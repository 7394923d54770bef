using System.Diagnostics.CodeAnalysis;
using Krewe.Core.Randomness;

namespace Krewe.Core.Identity;

/// <summary>A client's call. 128 random bits; written <c>kr-</c> and 32 hex digits. It keys every look-up and is what engines see.</summary>
public readonly record struct RequestId(ulong High, ulong Low)
{
    private const string Prefix = "kr-";

    /// <summary>Length of the written form, in characters.</summary>
    public const int TextLength = 35;

    public static RequestId New(IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return new RequestId(random.NextUInt64(), random.NextUInt64());
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out RequestId id)
    {
        id = default;
        if (text is not { Length: TextLength } || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var digits = text.AsSpan(Prefix.Length);
        const System.Globalization.NumberStyles Hex = System.Globalization.NumberStyles.AllowHexSpecifier;
        if (!ulong.TryParse(digits[..16], Hex, null, out var high) || !ulong.TryParse(digits[16..], Hex, null, out var low))
        {
            return false;
        }

        id = new RequestId(high, low);
        return true;
    }

    public override string ToString() => string.Create(TextLength, this, static (span, id) =>
    {
        Prefix.CopyTo(span);
        id.High.TryFormat(span[3..], out _, "x16");
        id.Low.TryFormat(span[19..], out _, "x16");
    });
}
