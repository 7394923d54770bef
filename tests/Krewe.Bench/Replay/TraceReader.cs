using System.Globalization;
using System.Text.Json;

namespace Krewe.Bench.Replay;

/// <summary>
/// Reads traces: Mooncake's (a JSON object per line: <c>timestamp</c> in ms, <c>input_length</c>, <c>output_length</c>,
/// <c>hash_ids</c> of blocks of 512 tokens) and Azure's (CSV: <c>TIMESTAMP,ContextTokens,GeneratedTokens</c>).
/// </summary>
internal static class TraceReader
{
    /// <summary>Tokens that one of a request's block ids stands for.</summary>
    public const int BlockTokens = 512;

    /// <exception cref="FormatException">A line is not what it should be; the message names it.</exception>
    public static List<TraceRequest> Read(string path, int? most = null)
    {
        var isCsv = path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase);
        var requests = new List<TraceRequest>();
        var number = 0;
        DateTime? begin = null;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (requests.Count == most)
            {
                break;
            }

            if (line.Length == 0 || (isCsv && number == 1))
            {
                continue;
            }

            try
            {
                requests.Add(isCsv ? Azure(line, ref begin) : Mooncake(line));
            }
            catch (Exception error) when (error is FormatException or JsonException or KeyNotFoundException or InvalidOperationException or OverflowException)
            {
                throw new FormatException($"{path}:{number}: {error.Message}", error);
            }

            if (requests.Count > 1 && requests[^1].At < requests[^2].At)
            {
                throw new FormatException($"{path}:{number}: comes before the line above it.");
            }
        }

        return requests.Count > 0 ? Spread(requests) : throw new FormatException($"{path}: holds no request.");
    }

    /// <summary>
    /// Time stamps are rounded (Mooncake's to 3 s): requests of one stamp come evenly spread over the time up to the next,
    /// in their order, as they did before somebody rounded.
    /// </summary>
    internal static List<TraceRequest> Spread(List<TraceRequest> requests)
    {
        var spread = new List<TraceRequest>(requests.Count);
        for (var first = 0; first < requests.Count;)
        {
            var end = first + 1;
            while (end < requests.Count && requests[end].At == requests[first].At)
            {
                end++;
            }

            var span = end < requests.Count ? requests[end].At - requests[first].At : TimeSpan.Zero;
            for (var i = first; i < end; i++)
            {
                spread.Add(requests[i] with { At = requests[i].At + (span * (i - first) / (end - first)) });
            }

            first = end;
        }

        return spread;
    }

    private static TraceRequest Mooncake(string line)
    {
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        var input = Positive(root.GetProperty("input_length").GetInt32(), "input_length");
        var ids = root.TryGetProperty("hash_ids", out var hashes) ? hashes.EnumerateArray().Select(id => id.GetInt64()).ToArray() : [];
        if (ids.Length > 0 && ids.Length != (input + BlockTokens - 1) / BlockTokens)
        {
            throw new FormatException($"hash_ids holds {ids.Length} blocks of {BlockTokens} tokens for input_length {input}.");
        }

        return new TraceRequest(
            TimeSpan.FromMilliseconds(root.GetProperty("timestamp").GetDouble()), input, Positive(root.GetProperty("output_length").GetInt32(), "output_length"), ids);
    }

    private static TraceRequest Azure(string line, ref DateTime? begin)
    {
        var fields = line.Split(',');
        if (fields.Length != 3)
        {
            throw new FormatException("is not TIMESTAMP,ContextTokens,GeneratedTokens.");
        }

        var at = DateTime.Parse(fields[0], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
        begin ??= at;
        return new TraceRequest(
            at - begin.Value,
            Math.Max(1, int.Parse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture)),
            Math.Max(1, int.Parse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture)),
            []);
    }

    private static int Positive(int value, string name) => value > 0 ? value : throw new FormatException($"{name} must be 1 or more, is {value}.");
}
