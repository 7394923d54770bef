using System.Net;
using System.Text;
using Krewe.Core.Instances;
using Krewe.Gateway.Tests.Client;

namespace Krewe.Gateway.Tests.Safety;

/// <summary>What a client writes where it should not, and what becomes of it.</summary>
public sealed class InjectionTests
{
    private static readonly HashSet<string> Ours = ["accept", "content-type", "content-length", "host", "x-request-id", "traceparent", "tracestate"];

    public static TheoryData<string> Fields =>
    [
        "kv_transfer_params", "ec_transfer_params", "disaggregated_params", "bootstrap_host", "bootstrap_port", "bootstrap_room", "bootstrap_anything",
        "cache_salt", "extra_key", "mm_hashes", "priority", "request_id", "rid", "data_parallel_rank", "routed_dp_rank", "disagg_prefill_dp_rank", "krewe",
    ];

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task A_field_that_is_not_a_client_s_reaches_no_engine(string field)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var engine = await gateway.EngineAsync("m1", InstanceRole.Mixed);
        var value = field == "krewe" ? "{\"x\":\"CANARY\"}" : "\"CANARY\"";
        foreach (var name in new[] { field, $"\\u{(int)field[0]:x4}{field[1..]}" })
        {
            using var response = await gateway.PostAsync("/v1/completions", $$"""{"model":"sim-model","prompt":"x","max_tokens":1,"{{name}}":{{value}},"kept":1}""");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.All(engine.Received, received =>
        {
            var body = Encoding.UTF8.GetString(received.Body.Span);
            Assert.DoesNotContain("CANARY", body, StringComparison.Ordinal);
            Assert.Contains("\"kept\":1", body, StringComparison.Ordinal);
        });
        Assert.Equal(2, engine.Received.Count);
    }

    [Fact]
    public async Task Transfer_fields_within_extra_arguments_are_refused()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var response = await gateway.PostAsync(
            "/v1/completions", """{"model":"sim-model","prompt":"x","vllm_xargs":{"kv_transfer_params":{"remote_host":"169.254.169.254"}}}""");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task No_header_of_a_client_reaches_an_engine()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var engine = await gateway.EngineAsync("m1", InstanceRole.Mixed);
        using var response = await gateway.PostAsync(
            "/v1/completions",
            """{"model":"sim-model","prompt":"x","max_tokens":1}""",
            default,
            ("Authorization", "Bearer CANARY"),
            ("Cookie", "CANARY=1"),
            ("X-Request-Id", "CANARY"),
            ("X-Data-Parallel-Rank", "CANARY"),
            ("X-Krewe-Anything", "CANARY"),
            ("X-Gateway-Destination-Endpoint", "CANARY"),
            ("X-Real-Ip", "CANARY"),
            ("Proxy-Authorization", "CANARY"),
            ("Accept-Encoding", "CANARY"),
            ("Te", "CANARY"),
            ("User-Agent", "CANARY"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        var received = Assert.Single(engine.Received);
        Assert.Empty(received.Headers.Keys.Except(Ours));
        Assert.DoesNotContain(received.Headers.Values, value => value.Contains("CANARY", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a,b")]
    [InlineData("<script>")]
    [InlineData("a\tb")]
    [InlineData("../../etc")]
    public async Task A_request_id_of_odd_characters_is_not_echoed(string id)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var answer = await RawHttp.AskAsync(
            gateway.Http.BaseAddress!, $"POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nX-Request-Id: {id}\r\nConnection: close\r\n\r\n{{}}");
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.DoesNotContain(id, answer, StringComparison.Ordinal);
        Assert.Contains("X-Request-Id: kr-", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\r\nSet-Cookie: x=1")]
    [InlineData("a\nSet-Cookie: x=1")]
    [InlineData("a\r\r\nSet-Cookie: x=1")]
    public async Task A_line_break_in_a_request_id_makes_no_header_of_the_answer(string id)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var answer = await RawHttp.AskAsync(
            gateway.Http.BaseAddress!, $"POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nX-Request-Id: {id}\r\nConnection: close\r\n\r\n{{}}");
        Assert.DoesNotContain("Set-Cookie", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Content-Length: 2\r\nTransfer-Encoding: chunked")]
    [InlineData("Content-Length: 2\r\nContent-Length: 3")]
    [InlineData("Transfer-Encoding: chunked, identity")]
    [InlineData("Transfer-Encoding : chunked")]
    [InlineData("Content-Length: +2")]
    public async Task A_request_whose_end_is_ambiguous_reaches_no_engine(string framing)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var engine = await gateway.EngineAsync("m1", InstanceRole.Mixed);
        const string Smuggled = "POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 49\r\n\r\n{\"model\":\"sim-model\",\"prompt\":\"x\",\"max_tokens\":1}";
        var answer = await RawHttp.AskAsync(
            gateway.Http.BaseAddress!, $"POST /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n{framing}\r\nConnection: close\r\n\r\n0\r\n\r\n{Smuggled}");
        Assert.DoesNotContain("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Empty(engine.Received);
    }

    [Fact]
    public void The_runtime_is_one_without_the_known_hole_in_its_framing() =>
        Assert.True(Environment.Version >= new Version(10, 0, 0), $"This is {Environment.Version}.");
}
