using System.Diagnostics.CodeAnalysis;
using Krewe.Core.Randomness;

namespace Krewe.Core.Identity;

/// <summary>A client's call. 128 bits, 96 of them random at least; written <c>kr-</c> and 32 hex digits. It keys every look-up and is what engines see.</summary>
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

    /// <summary>A request of this silo: the id's last eight digits tell which, so that any other finds it by its id alone.</summary>
    public static RequestId New(IRandomSource random, SiloId silo)
    {
        var id = New(random);
        return id with { Low = (id.Low & 0xffff_ffff_0000_0000) | Tag(silo) };
    }

    /// <summary>Whether it may be a request of this silo's. Two silos have the same mark once in four billion times.</summary>
    public bool MayBeOf(SiloId silo) => (uint)Low == Tag(silo);

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

    // FNV-1a: the same in every process and release.
    private static uint Tag(SiloId silo)
    {
        var hash = 2166136261u;
        foreach (var c in silo.Value)
        {
            hash = (hash ^ c) * 16777619u;
        }

        return hash;
    }

    public override string ToString() => string.Create(TextLength, this, static (span, id) =>
    {
        Prefix.CopyTo(span);
        id.High.TryFormat(span[3..], out _, "x16");
        id.Low.TryFormat(span[19..], out _, "x16");
    });
}
