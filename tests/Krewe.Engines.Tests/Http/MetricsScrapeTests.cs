using System.Text;
using Krewe.Core.Load;
using Krewe.Engines.Http;
using Krewe.Testing;
using Microsoft.AspNetCore.Http;

namespace Krewe.Engines.Tests.Http;

public class MetricsScrapeTests
{
    private const string Page = """
        # HELP vllm:num_requests_running Number of requests in model execution batches.
        # TYPE vllm:num_requests_running gauge
        vllm:num_requests_running{engine="0",model_name="a } \" b"} 3.0
        vllm:num_requests_running{engine="1",model_name="m"} 2.0 1700000000000
        vllm:num_requests_waiting{engine="0",model_name="m"} 4.0
        vllm:num_requests_waiting_by_reason{reason="capacity"} 99.0
        vllm:kv_cache_usage_perc{engine="0"} 0.25
        vllm:kv_cache_usage_perc{engine="1"} 0.75
        process_start_time_seconds 1.75e+09
        vllm:num_requests_swapped 1e3
        """;

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public void Read_vllms_gauges_of_all_ranks()
    {
        var metrics = Read(Page);

        Assert.Equal(new ReportedLoad(5, 4, 0.5, 0, 0, 0), metrics.Load);
        Assert.Equal("1.75e+09", metrics.ProcessStart);
    }

    [Theory]
    [InlineData("vllm:gpu_cache_usage_perc{x=\"y\"} 0.5\r\n", 0, 0.5)]
    [InlineData("vllm:num_requests_running 2", 2, 0.0)]
    [InlineData("vllm:num_requests_running NaN\nvllm:num_requests_running +Inf\nvllm:num_requests_running -4\nvllm:num_requests_running 1", 1, 0.0)]
    [InlineData("vllm:num_requests_running 1e300", int.MaxValue, 0.0)]
    [InlineData("vllm:kv_cache_usage_perc 7", 0, 1.0)]
    [InlineData("vllm:num_requests_running{never=\"closed} 2\nvllm:num_requests_running\nvllm:num_requests_running x\nvllm:num_requests_running 6", 6, 0.0)]
    public void Read_old_names_odd_numbers_and_broken_lines(string page, int running, double usage)
    {
        var load = Read(page).Load;

        Assert.Equal((running, usage), (load!.Value.Running, load.Value.KvUsage));
    }

    [Fact]
    public void Read_a_page_of_something_else_has_no_load() => Assert.Equal(new EngineMetrics(null, null), Read("# nothing\nother_metric 1\n\n{\n"));

    [Fact]
    public async Task ReadAsync_scrapes_a_page_and_gives_null_for_what_is_none()
    {
        await using var engine = await TestEngine.StartAsync(context =>
        {
            context.Response.StatusCode = context.Request.Path == "/metrics" ? 200 : 404;
            return context.Response.WriteAsync(Page);
        });
        using var client = new EngineClient(new EngineClientOptions(), AddressAllowList.Loopback);
        var scrape = new MetricsScrape(client, new ManualTimeProvider());

        Assert.Equal(Read(Page), await scrape.ReadAsync(engine.Url, TimeSpan.FromSeconds(1), null, Now));
        Assert.Null(await scrape.ReadAsync(new Uri(engine.Url, "/elsewhere"), TimeSpan.FromSeconds(1), null, Now));
        Assert.Null(await scrape.ReadAsync(RawEngine.NobodysUrl(), TimeSpan.FromSeconds(1), null, Now));
    }

    private static EngineMetrics Read(string page) => EngineMetricsReader.Read(Encoding.UTF8.GetBytes(page));
}
