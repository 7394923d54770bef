using System.Globalization;
using Krewe.Core.Identity;
using Krewe.Gateway.Control.Json;

namespace Krewe.Gateway.Control.Engines;

/// <summary>What the bodies of the engine side have in common.</summary>
internal static class Fields
{
    public static readonly string IncarnationRule = string.Create(
        CultureInfo.InvariantCulture, $"must be 1 to {IncarnationId.MaxLength} printable ASCII characters without spaces");

    public static BadFieldException Missing(string path) => BadFieldException.At(path, "is required");

    public static IncarnationId? Incarnation(ref StrictJson json)
    {
        if (json.Text(IncarnationId.MaxLength) is not { } text)
        {
            return null;
        }

        return IncarnationId.IsValid(text) ? new IncarnationId(text) : throw BadFieldException.At("incarnation", IncarnationRule);
    }
}
