using System.Text.Json;

namespace Krewe.Client.Wire;

internal static class JsonElementExtensions
{
    /// <summary>False also where it is no number.</summary>
    public static bool TryGetInt64Safe(this JsonElement element, out long value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out value);
    }
}
