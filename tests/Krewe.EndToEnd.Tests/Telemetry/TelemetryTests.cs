using System.Diagnostics;
using Krewe.EndToEnd.Tests.Processes;
using Krewe.Testing;
using Krewe.Testing.Processes;

namespace Krewe.EndToEnd.Tests.Telemetry;

/// <summary>What a silo tells a collector by OTLP, and Prometheus at <c>/metrics</c>.</summary>
public sealed class TelemetryTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Secret = "a-prompt-that-must-stay-where-it-is";

    [Fact]
    public async Task Spans_and_metrics_reach_a_collector_and_hold_nothing_of_what_was_said()
    {
        using var data = new DataFolder();
        await using var collector = await OtlpReceiver.StartAsync();
        await using var silo = ChildProcess.StartDotnet(
            BuildOutput.Assembly("silo/Krewe.Silo.Local"),
            ["--client-port", "0", "--control-port", "0", "--data", data.Path, "--playground", "2p2d"],
            new Dictionary<string, string>
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Url.ToString(),
                ["Krewe__Telemetry__MetricInterval"] = "00:00:00.5",
                ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
            });
        var client = await silo.UrlAsync("Krewe is ready: ", TimeSpan.FromSeconds(60));
        using var http = new HttpClient { BaseAddress = client };
        using var request = Chat.Request(Secret, stream: true);
        request.Headers.Add("traceparent", $"00-{Trace}-b7ad6b7169203331-01");

        using var answer = await http.SendAsync(request);

        answer.EnsureSuccessStatusCode();
        var id = Assert.Single(answer.Headers.GetValues("Krewe-Request-Id"));
        await Eventually.TrueAsync(() => collector.Spans.Count(span => span.TraceId == Trace) >= 3, TimeSpan.FromSeconds(30));
        var spans = collector.Spans.Where(span => span.TraceId == Trace).ToList();
        var server = Assert.Single(spans, span => span.Kind == OtlpSpan.Server);
        Assert.Equal(("chat sim-model", "b7ad6b7169203331"), (server.Name, server.ParentId));
        Assert.Equal(
            ("chat", "krewe", "sim-model", "sim", id, "completed", "1"),
            (server.Attributes["gen_ai.operation.name"], server.Attributes["gen_ai.provider.name"], server.Attributes["gen_ai.request.model"], server.Attributes["krewe.pool"],
                server.Attributes["krewe.request.id"], server.Attributes["krewe.outcome"], server.Attributes["krewe.attempts"]));
        Assert.Equal("16", server.Attributes["gen_ai.usage.output_tokens"]);
        var legs = spans.Where(span => span.Kind == OtlpSpan.Client).ToList();
        Assert.Equal(["decode", "prefill"], legs.Select(leg => leg.Attributes["krewe.leg"]).Order());
        Assert.All(legs, leg =>
        {
            Assert.Equal((server.SpanId, "1", "1", "vllm"), (leg.ParentId, leg.Attributes["krewe.attempt"], leg.Attributes["krewe.epoch"], leg.Attributes["gen_ai.provider.name"]));
            Assert.NotEmpty(leg.Attributes["krewe.incarnation"]);
            Assert.DoesNotContain("error.type", leg.Attributes.Keys);
        });

        await Eventually.TrueAsync(() => collector.Metrics.TryGetValue("gen_ai.server.request.duration", out var keys) && keys.Contains("gen_ai.operation.name"), TimeSpan.FromSeconds(30));
        await Eventually.TrueAsync(() => collector.Metrics.ContainsKey("krewe.pool.health") && collector.Metrics.ContainsKey("gen_ai.server.time_to_first_token"), TimeSpan.FromSeconds(30));
        Assert.Equal("krewe", collector.Resource["service.name"]);
        Assert.NotEmpty(collector.Resource["service.instance.id"]);
        Assert.DoesNotContain(collector.Spans, span => span.Attributes.Values.Append(span.Name).Any(text => text.Contains(Secret, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Over_gRPC_spans_and_metrics_reach_a_collector_too_with_their_headers()
    {
        using var data = new DataFolder();
        await using var collector = await OtlpReceiver.StartAsync(grpc: true);
        await using var silo = await SiloProcess.ReadyAsync("local", data.Path, "2p2d", new Dictionary<string, string>
        {
            ["Krewe__Telemetry__Endpoint"] = collector.Url.ToString(),
            ["Krewe__Telemetry__Protocol"] = "grpc",
            ["Krewe__Telemetry__Headers"] = "x-tenant=acme",
            ["Krewe__Telemetry__MetricInterval"] = "00:00:00.5",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
        });
        using var request = Chat.Request(Secret, stream: true);
        request.Headers.Add("traceparent", $"00-{Trace}-b7ad6b7169203331-01");

        using var answer = await silo.Client.SendAsync(request);

        answer.EnsureSuccessStatusCode();
        await Eventually.TrueAsync(() => collector.Spans.Count(span => span.TraceId == Trace) >= 3, TimeSpan.FromSeconds(30), "the spans of a request with two legs");
        Assert.Equal(
            [OtlpSpan.Server, OtlpSpan.Client, OtlpSpan.Client], collector.Spans.Where(span => span.TraceId == Trace).Select(span => span.Kind).Order());
        await Eventually.TrueAsync(
            () => collector.Metrics.TryGetValue("gen_ai.server.request.duration", out var keys) && keys.Contains("gen_ai.operation.name"), TimeSpan.FromSeconds(30), "the request's metrics");
        Assert.Equal("krewe", collector.Resource["service.name"]);
        Assert.Equal(["acme"], collector.Tenants.Keys);
    }

    [Theory]
    [InlineData("Krewe__Telemetry__Endpoint", "not a url", "Krewe:Telemetry:Endpoint: must be an http or https URL")]
    [InlineData("Krewe__Telemetry__SampleRatio", "2", "Krewe:Telemetry:SampleRatio: must be 0 to 1")]
    [InlineData("Krewe__Telemetry__Protocol", "smoke", "Krewe:Telemetry:Protocol: must be http/protobuf or grpc")]
    public async Task A_setting_that_cannot_be_is_told_by_its_key(string key, string value, string message)
    {
        using var data = new DataFolder();
        await using var silo = ChildProcess.StartDotnet(
            BuildOutput.Assembly("silo/Krewe.Silo.Local"),
            ["--client-port", "0", "--control-port", "0", "--data", data.Path, "--playground", "none"],
            new Dictionary<string, string> { [key] = value });

        Assert.Equal(2, await silo.ExitAsync(TimeSpan.FromSeconds(60)));
        Assert.Contains(message, silo.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_are_read_by_prometheus_own_parser()
    {
        var promtool = Promtool();
        Assert.SkipWhen(promtool is null, "promtool is not installed (Debian: prometheus).");
        using var data = new DataFolder();
        await using var silo = await SiloProcess.ReadyAsync("local", data.Path, "2p2d");
        foreach (var stream in new[] { true, false, true })
        {
            using var request = Chat.Request("hello", stream);
            using var answer = await silo.Client.SendAsync(request);
            answer.EnsureSuccessStatusCode();
        }

        var page = await silo.Control.GetStringAsync("/metrics");
        Assert.Contains("gen_ai_server_time_per_output_token_seconds_bucket", page, StringComparison.Ordinal);
        Assert.Contains("""krewe_pool_health{health="Healthy",pool="sim"} 1""", page, StringComparison.Ordinal);
        var (exit, output) = await RunAsync(promtool!, ["check", "metrics"], page);

        // 3 is for advice on names alone, which some of .NET's own do not follow.
        Assert.True(exit is 0 or 3, output);
        Assert.DoesNotContain("error while linting", output, StringComparison.Ordinal);
        Assert.DoesNotContain(output.Split('\n'), line => line.StartsWith("krewe", StringComparison.Ordinal) || line.StartsWith("gen_ai", StringComparison.Ordinal));

        // What is broken is found: the parser is at work.
        var (bad, complaint) = await RunAsync(promtool!, ["check", "metrics"], page + "krewe_broken{ 1\n");
        Assert.True(bad is not (0 or 3), complaint);
    }

    [Fact]
    public async Task Alert_rules_are_what_prometheus_takes_and_do_what_they_say()
    {
        var promtool = Promtool();
        Assert.SkipWhen(promtool is null, "promtool is not installed (Debian: prometheus).");
        var folder = Path.Combine(BuildOutput.Root, "deploy/observability");

        foreach (var arguments in new[] { new[] { "check", "rules", "krewe-alerts.yaml" }, ["test", "rules", "krewe-alerts.test.yaml"] })
        {
            var (exit, output) = await RunAsync(promtool!, arguments, "", folder);
            Assert.True(exit == 0, output);
        }
    }

    private static string? Promtool() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, "promtool"))
        .FirstOrDefault(File.Exists);

    private static async Task<(int Exit, string Output)> RunAsync(string program, IEnumerable<string> arguments, string input, string? folder = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }
}
