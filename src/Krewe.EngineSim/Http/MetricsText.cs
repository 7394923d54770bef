using System.Globalization;
using Krewe.EngineSim.Hosting;
using Krewe.EngineSim.Protocol;
using Krewe.EngineSim.Runtime;

namespace Krewe.EngineSim.Http;

/// <summary>The engine's metrics as Prometheus text, under vLLM's names.</summary>
internal static class MetricsText
{
    public static void Append(Utf8Buffer to, EngineLife life)
    {
        var engine = life.Runtime.Read();
        var totals = engine.Totals;
        var labels = $"engine=\"0\",model_name=\"{life.Options.Model.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
        Sample(to, "process_start_time_seconds", "gauge", "", life.StartedAt.ToUnixTimeMilliseconds() / 1000.0);
        Sample(to, "vllm:num_requests_running", "gauge", labels, engine.Running);
        Sample(to, "vllm:num_requests_waiting", "gauge", labels, engine.Waiting);
        Sample(to, "vllm:num_requests_waiting_by_reason", "gauge", labels + ",reason=\"capacity\"", engine.Waiting);
        Sample(to, "vllm:kv_cache_usage_perc", "gauge", labels, (double)engine.BlocksInUse / engine.BlocksTotal);
        Sample(
            to, "vllm:cache_config_info", "gauge",
            string.Create(CultureInfo.InvariantCulture, $"{labels},block_size=\"{life.Options.BlockSize}\",num_gpu_blocks=\"{engine.BlocksTotal}\",enable_prefix_caching=\"True\""), 1);
        Sample(to, "vllm:prefix_cache_queries_total", "counter", labels, totals.CacheQueries);
        Sample(to, "vllm:prefix_cache_hits_total", "counter", labels, totals.CacheHits);
        Sample(to, "vllm:prompt_tokens_total", "counter", labels, totals.PromptTokens);
        Sample(to, "vllm:prompt_tokens_by_source_total", "counter", labels + ",source=\"local_cache_hit\"", totals.CacheHits);
        Line(to, "vllm:prompt_tokens_by_source_total", labels + ",source=\"external_kv_transfer\"", totals.TransferredTokens);
        Line(to, "vllm:prompt_tokens_by_source_total", labels + ",source=\"local_compute\"", totals.PromptTokens - totals.CacheHits - totals.TransferredTokens);
        Sample(to, "vllm:generation_tokens_total", "counter", labels, totals.GeneratedTokens);
        Sample(to, "vllm:request_success_total", "counter", labels + ",finished_reason=\"length\"", totals.Completed);
        Line(to, "vllm:request_success_total", labels + ",finished_reason=\"abort\"", totals.Cancelled);
        life.Runtime.ReadLatencies(latencies =>
        {
            Append(to, "vllm:time_to_first_token_seconds", labels, latencies.TimeToFirstToken);
            Append(to, "vllm:inter_token_latency_seconds", labels, latencies.InterToken);
            Append(to, "vllm:e2e_request_latency_seconds", labels, latencies.EndToEnd);
            return true;
        });
    }

    private static void Append(Utf8Buffer to, string name, string labels, Histogram histogram)
    {
        to.Append("# TYPE "u8).AppendRaw(name).Append(" histogram\n"u8);
        for (var i = 0; i < histogram.UpperSeconds.Length; i++)
        {
            Line(to, name + "_bucket", string.Create(CultureInfo.InvariantCulture, $"{labels},le=\"{histogram.UpperSeconds[i]:0.0###}\""), histogram.CountUpTo(i));
        }

        Line(to, name + "_bucket", labels + ",le=\"+Inf\"", histogram.Count);
        Line(to, name + "_count", labels, histogram.Count);
        Line(to, name + "_sum", labels, histogram.SumSeconds);
    }

    private static void Sample(Utf8Buffer to, string name, string type, string labels, double value)
    {
        to.Append("# TYPE "u8).AppendRaw(name).Append(" "u8).AppendRaw(type).Append("\n"u8);
        Line(to, name, labels, value);
    }

    private static void Line(Utf8Buffer to, string name, string labels, double value)
    {
        to.AppendRaw(name);
        if (labels.Length > 0)
        {
            to.Append("{"u8).AppendRaw(labels).Append("}"u8);
        }

        to.Append(" "u8).Append(value).Append("\n"u8);
    }
}
