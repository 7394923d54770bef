using Krewe.Gateway.Control.Json;

namespace Krewe.Gateway.Control.Engines;

/// <summary>Reads the body of a drain, which may be empty.</summary>
internal static class DrainBody
{
    internal const long DefaultMs = 30_000;
    internal const long LongestMs = 3_600_000;

    /// <summary>How long running requests may take before they are moved. Default 30 s, at most 1 h.</summary>
    /// <exception cref="BadFieldException">It is not what the contract says.</exception>
    public static TimeSpan Parse(ReadOnlySpan<byte> body) =>
        TimeSpan.FromMilliseconds(body.IsEmpty ? DefaultMs : StrictJson.ReadObject(body, Read));

    private static long Read(ref StrictJson json)
    {
        long? deadline = null;
        uint seen = 0;
        while (json.NextField())
        {
            if (json.Is("deadlineMs"u8, "deadlineMs", ref seen, 0))
            {
                deadline = json.Whole(0, LongestMs);
            }
            else
            {
                json.Skip();
            }
        }

        return deadline ?? DefaultMs;
    }
}
