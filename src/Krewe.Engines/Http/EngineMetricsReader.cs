using System.Buffers.Text;
using System.Text;
using Krewe.Core.Load;

namespace Krewe.Engines.Http;

/// <summary>Reads what we need of Prometheus' text format: vLLM's gauges, old names too, and the process's start.</summary>
public static class EngineMetricsReader
{
    public static EngineMetrics Read(ReadOnlySpan<byte> text)
    {
        double running = 0, waiting = 0, usage = 0;
        var gauges = 0;
        var usages = 0;
        string? start = null;
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            var line = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];
            if (!TrySplit(line, out var name, out var value))
            {
                continue;
            }

            if (name.SequenceEqual("process_start_time_seconds"u8))
            {
                start ??= Encoding.ASCII.GetString(value);
            }
            else if (!Utf8Parser.TryParse(value, out double number, out _) || !double.IsFinite(number) || number < 0)
            {
                // A gauge of nonsense is a gauge not given.
            }
            else if (name.SequenceEqual("vllm:num_requests_running"u8))
            {
                running += number;
                gauges++;
            }
            else if (name.SequenceEqual("vllm:num_requests_waiting"u8))
            {
                waiting += number;
                gauges++;
            }
            else if (name.SequenceEqual("vllm:kv_cache_usage_perc"u8) || name.SequenceEqual("vllm:gpu_cache_usage_perc"u8))
            {
                usage += number;
                usages++;
            }
        }

        var load = new ReportedLoad(Count(running), Count(waiting), usages > 0 ? Math.Min(1, usage / usages) : 0, 0, 0, 0);
        return new EngineMetrics(gauges + usages > 0 ? load : null, start);
    }

    private static int Count(double value) => (int)Math.Min(value, int.MaxValue);

    /// <summary>A sample line is <c>name{labels} value [timestamp]</c>; labels may hold anything in quotes.</summary>
    private static bool TrySplit(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = value = default;
        var nameEnd = line.IndexOfAny((byte)'{', (byte)' ', (byte)'\t');
        if (nameEnd <= 0 || line[0] == (byte)'#')
        {
            return false;
        }

        name = line[..nameEnd];
        var rest = line[nameEnd..];
        if (rest[0] == (byte)'{')
        {
            var close = LabelsEnd(rest);
            if (close < 0)
            {
                return false;
            }

            rest = rest[(close + 1)..];
        }

        rest = rest.Trim(" \t\r"u8);
        var valueEnd = rest.IndexOfAny((byte)' ', (byte)'\t');
        value = valueEnd < 0 ? rest : rest[..valueEnd];
        return !value.IsEmpty;
    }

    private static int LabelsEnd(ReadOnlySpan<byte> text)
    {
        var inQuotes = false;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case (byte)'\\' when inQuotes:
                    i++;
                    break;
                case (byte)'"':
                    inQuotes = !inQuotes;
                    break;
                case (byte)'}' when !inQuotes:
                    return i;
                default:
                    break;
            }
        }

        return -1;
    }
}
