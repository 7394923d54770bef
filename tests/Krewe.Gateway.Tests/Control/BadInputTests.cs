using System.Net;
using System.Text;
using System.Text.Json;
using Krewe.Core.Identity;
using Krewe.Core.Pools;

namespace Krewe.Gateway.Tests.Control;

/// <summary>Whatever is wrong, the answer has the contract's shape and names the field.</summary>
public sealed class BadInputTests
{
    private const string Instance = "/fleet/v1/pools/sim/instances/m1";

    /// <summary>A change to a good registration, and the field that the answer must name.</summary>
    public static TheoryData<string, string?> BadRegistrations => new()
    {
        { "", null },
        { "   ", null },
        { "null", null },
        { "[]", null },
        { "\"text\"", null },
        { "42", null },
        { "{", null },
        { "{\"incarnation\"", null },
        { Good() + "x", null },
        { Good() + "{}", null },
        { "{'incarnation':'one'}", null },
        { "/* why */" + Good(), null },
        { Without("incarnation"), "incarnation" },
        { With("incarnation", "null"), "incarnation" },
        { With("incarnation", "7"), "incarnation" },
        { With("incarnation", "\"\""), "incarnation" },
        { With("incarnation", "\"two words\""), "incarnation" },
        { With("incarnation", "\"ümlaut\""), "incarnation" },
        { With("incarnation", "\"\\ud800\""), "incarnation" },
        { With("incarnation", "\"" + new string('x', 129) + "\""), "incarnation" },
        { With("incarnation", "\"" + new string('x', 9_000) + "\""), "incarnation" },
        { With("incarnation", "\"one\",\"incarnation\":\"two\""), "incarnation" },
        { With("incarnation", "\"unterminated"), "incarnation" },
        { Without("role"), "role" },
        { With("role", "\"Prefill\""), "role" },
        { With("role", "\"both\""), "role" },
        { With("role", "0"), "role" },
        { With("role", "[\"prefill\"]"), "role" },
        { Without("protocol"), "protocol" },
        { With("protocol", "\"grpc\""), "protocol" },
        { With("protocol", "\"sglang\""), "protocol" },
        { With("protocol", "true"), "protocol" },
        { Without("url"), "url" },
        { With("url", "\"127.0.0.1:9001\""), "url" },
        { With("url", "\"ftp://127.0.0.1\""), "url" },
        { With("url", "\"http://user:pass@127.0.0.1\""), "url" },
        { With("url", "\"http://127.0.0.1/?a=1\""), "url" },
        { With("url", "\"http://127.0.0.1/#f\""), "url" },
        { With("url", "\"http://10.1.2.3:9001\""), "url" },
        { With("url", "\"http://169.254.169.254\""), "url" },
        { With("url", "{}"), "url" },
        { Without("model"), "model" },
        { With("model", "\"\""), "model" },
        { With("model", "\" padded\""), "model" },
        { With("model", "\"new\\nline\""), "model" },
        { With("model", "\"" + new string('m', 257) + "\""), "model" },
        { With("model", "\"another-model\""), "model" },
        { With("model", "3.5"), "model" },
        { With("transferGroup", "\"a b\""), "transferGroup" },
        { With("transferGroup", "\"\""), "transferGroup" },
        { With("transferGroup", "1"), "transferGroup" },
        { With("capacity", "256"), "capacity" },
        { With("capacity", "[]"), "capacity" },
        { With("capacity", "{\"maxConcurrency\":0}"), "capacity.maxConcurrency" },
        { With("capacity", "{\"maxConcurrency\":100001}"), "capacity.maxConcurrency" },
        { With("capacity", "{\"maxConcurrency\":99999999999}"), "capacity.maxConcurrency" },
        { With("capacity", "{\"maxConcurrency\":1.5}"), "capacity.maxConcurrency" },
        { With("capacity", "{\"maxConcurrency\":\"1\"}"), "capacity.maxConcurrency" },
        { With("capacity", "{\"maxConcurrency\":1,\"maxConcurrency\":2}"), "capacity.maxConcurrency" },
        { With("capacity", "{\"kvBlocks\":-1}"), "capacity.kvBlocks" },
        { With("capacity", "{\"kvBlocks\":1e99}"), "capacity.kvBlocks" },
        { With("capacity", "{\"blockSize\":-16}"), "capacity.blockSize" },
        { With("labels", "\"a=b\""), "labels" },
        { With("labels", "{\"a\":1}"), "labels.a" },
        { With("labels", "{\"\":\"x\"}"), "labels" },
        { With("labels", "{\"a\":\"" + new string('x', 257) + "\"}"), "labels.a" },
        { With("labels", "{" + string.Join(",", Enumerable.Range(0, 65).Select(i => $"\"l{i}\":\"x\"")) + "}"), "labels" },
        { With("deep", new string('[', 40) + new string(']', 40)), "*" },
    };

    public static TheoryData<string, string?> BadHeartbeats => new()
    {
        { "", null },
        { "{}", "incarnation" },
        { """{"sequence":1}""", "incarnation" },
        { """{"incarnation":"one"}""", "sequence" },
        { """{"incarnation":"one","sequence":null}""", "sequence" },
        { """{"incarnation":"one","sequence":-1}""", "sequence" },
        { """{"incarnation":"one","sequence":1.5}""", "sequence" },
        { """{"incarnation":"one","sequence":"1"}""", "sequence" },
        { """{"incarnation":"one","sequence":99999999999999999999}""", "sequence" },
        { """{"incarnation":"one","sequence":1,"sequence":2}""", "sequence" },
        { """{"incarnation":"one","sequence":1,"engineSeenMs":-1}""", "engineSeenMs" },
        { """{"incarnation":"one","sequence":1,"engineSeenMs":1e999}""", "engineSeenMs" },
        { """{"incarnation":"one","sequence":1,"engineSeenMs":"now"}""", "engineSeenMs" },
        { """{"incarnation":"one","sequence":1,"load":[]}""", "load" },
        { """{"incarnation":"one","sequence":1,"load":{"running":-1}}""", "load.running" },
        { """{"incarnation":"one","sequence":1,"load":{"running":3000000000}}""", "load.running" },
        { """{"incarnation":"one","sequence":1,"load":{"waiting":0.5}}""", "load.waiting" },
        { """{"incarnation":"one","sequence":1,"load":{"kvUsage":1.5}}""", "load.kvUsage" },
        { """{"incarnation":"one","sequence":1,"load":{"kvUsage":-0.1}}""", "load.kvUsage" },
        { """{"incarnation":"one","sequence":1,"load":{"kvUsage":NaN}}""", "load.kvUsage" },
        { """{"incarnation":"one","sequence":1,"load":{"queuedTokens":-5}}""", "load.queuedTokens" },
        { """{"incarnation":"one","sequence":1,"load":{"maxTtftMs":-5}}""", "load.maxTtftMs" },
        { """{"incarnation":"one","sequence":1,"load":{"maxItlMs":true}}""", "load.maxItlMs" },
    };

    [Theory]
    [MemberData(nameof(BadRegistrations))]
    public async Task A_bad_registration_is_refused_with_its_fields_name(string body, string? param)
    {
        await using var host = await ControlHost.StartAsync(null, PoolDefinition.ForModel(new PoolName("sim"), "sim-model"));

        var answer = await host.SendAsync(HttpMethod.Put, Instance, body);

        AssertError(answer, 400, "invalid_request", param);
        Assert.Equal(0, host.Fleet.View.Pools.Single().View.Count);
    }

    [Theory]
    [MemberData(nameof(BadHeartbeats))]
    public async Task A_bad_heartbeat_is_refused_with_its_fields_name(string body, string? param)
    {
        await using var host = await ControlHost.StartAsync();
        await host.RegisterAsync("m1", Good());

        AssertError(await host.HeartbeatAsync("m1", body), 400, "invalid_request", param);
    }

    [Fact]
    public async Task A_heartbeat_at_the_bounds_is_taken()
    {
        await using var host = await ControlHost.StartAsync();
        await host.RegisterAsync("m1", Good());

        foreach (var body in new[]
        {
            """{"incarnation":"one","sequence":0}""",
            """{"incarnation":"one","sequence":1,"load":null,"engineSeenMs":null}""",
            """{"incarnation":"one","sequence":2,"engineSeenMs":1e300,"load":{"kvUsage":1.0000001,"running":2147483647,"queuedTokens":9223372036854775807}}""",
            """{"incarnation":"one","sequence":9223372036854775807,"load":{"kvUsage":1e-9,"maxTtftMs":0.5,"maxItlMs":1E3}}""",
        })
        {
            Assert.Equal(200, (await host.HeartbeatAsync("m1", body)).Status);
        }
    }

    [Theory]
    [InlineData("PUT", "/fleet/v1/pools/a%20b/instances/m1", "pool")]
    [InlineData("PUT", "/fleet/v1/pools/sim/instances/a%2Fb", "name")]
    [InlineData("PUT", "/fleet/v1/pools/sim/instances/%01", "name")]
    [InlineData("POST", "/fleet/v1/pools/sim/instances/m$/heartbeats", "name")]
    [InlineData("POST", "/fleet/v1/pools/sim/instances/m$/drain", "name")]
    [InlineData("POST", "/fleet/v1/pools/sim/instances/%F0%9F%8E%BA/cordon", "name")]
    [InlineData("DELETE", "/fleet/v1/pools/sim/instances/m1", "incarnation")]
    [InlineData("DELETE", "/fleet/v1/pools/sim/instances/m1?incarnation=", "incarnation")]
    [InlineData("DELETE", "/fleet/v1/pools/sim/instances/m1?incarnation=a%20b", "incarnation")]
    [InlineData("DELETE", "/fleet/v1/pools/sim/instances/m1?incarnation=a&incarnation=b", "incarnation")]
    [InlineData("GET", "/admin/v1/pools/a%20b", "pool")]
    [InlineData("GET", "/admin/v1/requests/42", "id")]
    [InlineData("GET", "/admin/v1/requests/kr-zz000000000000000000000000000000", "id")]
    [InlineData("GET", "/admin/v1/events?pool=a%20b", "pool")]
    [InlineData("GET", "/admin/v1/events?limit=0", "limit")]
    [InlineData("GET", "/admin/v1/events?limit=1001", "limit")]
    [InlineData("GET", "/admin/v1/events?limit=ten", "limit")]
    [InlineData("GET", "/admin/v1/events?limit=+5", "limit")]
    [InlineData("GET", "/admin/v1/events?limit=5&limit=6", "limit")]
    public async Task A_bad_name_or_parameter_is_named(string method, string path, string param)
    {
        await using var host = await ControlHost.StartAsync();

        AssertError(await host.SendAsync(new HttpMethod(method), path, method is "GET" or "DELETE" ? null : Good()), 400, "invalid_request", param);
    }

    [Theory]
    [InlineData("""{"deadlineMs":-1}""", "deadlineMs")]
    [InlineData("""{"deadlineMs":3600001}""", "deadlineMs")]
    [InlineData("""{"deadlineMs":"soon"}""", "deadlineMs")]
    [InlineData("""[]""", null)]
    public async Task A_bad_drain_is_refused(string body, string? param)
    {
        await using var host = await ControlHost.StartAsync();
        await host.RegisterAsync("m1", Good());

        AssertError(await host.SendAsync(HttpMethod.Post, $"{Instance}/drain", body), 400, "invalid_request", param);
    }

    [Theory]
    [InlineData("GET", "/console", 404, "unknown_path")]
    [InlineData("GET", "/console/console.css.map", 404, "unknown_path")]
    [InlineData("POST", "/", 405, "method_not_allowed")]
    [InlineData("GET", "/fleet/v1/pools/sim/instances", 404, "unknown_path")]
    [InlineData("POST", "/admin/v1/nothing", 404, "unknown_path")]
    [InlineData("GET", "/fleet/v1/pools/sim/instances/m1", 405, "method_not_allowed")]
    [InlineData("POST", "/fleet/v1/pools/sim/instances/m1", 405, "method_not_allowed")]
    [InlineData("GET", "/fleet/v1/pools/sim/instances/m1/heartbeats", 405, "method_not_allowed")]
    [InlineData("DELETE", "/admin/v1/pools/sim", 405, "method_not_allowed")]
    [InlineData("GET", "/admin/v1/drain", 405, "method_not_allowed")]
    [InlineData("POST", "/metrics", 405, "method_not_allowed")]
    [InlineData("POST", "/livez", 405, "method_not_allowed")]
    [InlineData("GET", "/admin/v1/pools/none", 404, "pool_not_found")]
    [InlineData("PUT", "/admin/v1/pools/none", 404, "pool_not_found")]
    [InlineData("GET", "/admin/v1/requests/kr-00000000000000000000000000000000", 404, "request_not_found")]
    public async Task A_path_or_method_that_is_not_there_has_the_contracts_shape(string method, string path, int status, string code)
    {
        await using var host = await ControlHost.StartAsync();

        AssertError(await host.SendAsync(new HttpMethod(method), path), status, code, "*");
    }

    [Theory]
    [InlineData(65_537, false)]
    [InlineData(65_537, true)]
    [InlineData(5_000_000, false)]
    public async Task A_body_beyond_64_KiB_is_too_large(int length, bool chunked)
    {
        await using var host = await ControlHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Put, Instance);
        request.Content = new ByteArrayContent(Encoding.ASCII.GetBytes(Good().PadRight(length)));
        request.Headers.TransferEncodingChunked = chunked;

        AssertError(await host.SendAsync(request), 413, "request_too_large", null);

        Assert.Equal(200, (await host.SendAsync(HttpMethod.Put, Instance, Good().PadRight(65_536))).Status);
    }

    [Fact]
    public async Task A_registration_into_a_pool_that_is_not_configured_finds_none()
    {
        await using var host = await ControlHost.StartAsync(null, PoolDefinition.ForModel(new PoolName("sim"), "sim-model"));

        AssertError(await host.RegisterAsync("m1", Good(), "other"), 404, "pool_not_found", "pool");
    }

    [Fact]
    public async Task A_closed_pool_takes_no_registration()
    {
        await using var host = await ControlHost.StartAsync(null, PoolDefinition.ForModel(new PoolName("sim"), "sim-model") with { Open = false });

        AssertError(await host.RegisterAsync("m1", Good()), 403, "pool_closed", null);
    }

    [Fact]
    public async Task Registrations_make_pools_up_to_the_limit_and_one_per_model_only()
    {
        await using var host = await ControlHost.StartAsync(options =>
        {
            options.AllowAnonymousLoopback = true;
            options.MaxPools = 2;
        });

        Assert.Equal(200, (await host.RegisterAsync("m1", ControlHost.Registration(model: "a"), "a")).Status);
        AssertError(await host.RegisterAsync("m1", ControlHost.Registration(model: "a"), "b"), 400, "invalid_request", "model");
        AssertError(await host.RegisterAsync("m1", ControlHost.Registration(url: "http://10.0.0.1", model: "b"), "b"), 400, "invalid_request", "url");
        Assert.Equal(["a"], host.Fleet.View.Pools.Select(pool => pool.Name.Value));
        Assert.Equal(200, (await host.RegisterAsync("m1", ControlHost.Registration(model: "b"), "b")).Status);
        AssertError(await host.RegisterAsync("m1", ControlHost.Registration(model: "c"), "c"), 409, "pool_limit", "pool");
        Assert.Equal(200, (await host.RegisterAsync("m2", ControlHost.Registration(model: "a"), "a")).Status);
    }

    [Fact]
    public async Task Pools_made_at_the_same_time_keep_the_limit_and_the_models()
    {
        await using var host = await ControlHost.StartAsync(options =>
        {
            options.AllowAnonymousLoopback = true;
            options.MaxPools = 5;
        });

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => host.RegisterAsync("m1", ControlHost.Registration(model: $"model-{i / 2}"), $"pool-{i}")));

        Assert.Equal(5, answers.Count(answer => answer.Status == 200));
        Assert.Equal(5, host.Fleet.View.Pools.Select(pool => pool.Definition!.Model).Distinct().Count());
        Assert.All(answers.Where(answer => answer.Status != 200), answer => Assert.Contains(answer.Code, new[] { "pool_limit", "invalid_request" }));
    }

    [Fact]
    public async Task Many_garbage_requests_leave_it_serving()
    {
        await using var host = await ControlHost.StartAsync();
        var random = new Random(20261121);
        var good = Encoding.UTF8.GetBytes(Good());
        string[] paths = [Instance, $"{Instance}/heartbeats", $"{Instance}/drain", $"{Instance}/cordon", "/admin/v1/pools/sim", "/admin/v1/drain/x", "/fleet/v1/pools/%01/instances/m1"];
        HttpMethod[] methods = [HttpMethod.Put, HttpMethod.Post];
        for (var i = 0; i < 600; i++)
        {
            var body = i % 3 == 0 ? good[..random.Next(good.Length)] : (byte[])good.Clone();
            for (var changes = random.Next(1, 6); i % 3 != 0 && changes > 0; changes--)
            {
                body[random.Next(body.Length)] = (byte)random.Next(256);
            }

            if (i % 3 == 2)
            {
                random.NextBytes(body);
            }

            var answer = await host.SendAsync(methods[random.Next(2)], paths[random.Next(paths.Length)], body);

            Assert.True(answer.Status is >= 200 and < 500, $"{i}: {answer.Status} {answer.Text}");
            if (answer.Status >= 400)
            {
                AssertError(answer, answer.Status, "*", "*");
            }
        }

        Assert.Equal(200, (await host.RegisterAsync("m9", Good())).Status);
        Assert.Equal(200, (await host.HeartbeatAsync("m9", ControlHost.Heartbeat())).Status);
        Assert.Equal(200, (await host.GetAsync("/admin/v1/pools/sim")).Status);
    }

    [Fact]
    public async Task A_caller_that_does_not_finish_its_body_is_timed_out()
    {
        await using var host = await ControlHost.StartAsync(options =>
        {
            options.AllowAnonymousLoopback = true;
            options.BodyTimeout = TimeSpan.FromMilliseconds(50);
        });
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, host.Http.BaseAddress!.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"PUT {Instance} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{{"));

        using var reader = new StreamReader(stream);
        Assert.StartsWith("HTTP/1.1 408", await reader.ReadLineAsync(), StringComparison.Ordinal);
    }

    private static string Good() => ControlHost.Registration();

    private static string Without(string field)
    {
        using var good = JsonDocument.Parse(Good());
        return $"{{{string.Join(",", good.RootElement.EnumerateObject().Where(property => property.Name != field).Select(property => property.ToString()))}}}";
    }

    private static string With(string field, string value) => $"{Without(field)[..^1]},\"{field}\":{value}}}";

    /// <param name="answer">What came.</param>
    /// <param name="status">Expected.</param>
    /// <param name="code">Expected; <c>*</c> = any.</param>
    /// <param name="param">Expected; <c>*</c> = any.</param>
    private static void AssertError(ControlHost.Answer answer, int status, string code, string? param)
    {
        Assert.True(status == answer.Status, $"{answer.Status}: {answer.Text}");
        var error = answer.Body.GetProperty("error");
        Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(field => field.Name));
        Assert.False(string.IsNullOrEmpty(answer.Message));
        Assert.False(string.IsNullOrEmpty(answer.Code));
        if (code != "*")
        {
            Assert.Equal(code, answer.Code);
        }

        if (param != "*")
        {
            Assert.True(param == answer.Param, answer.Text);
            Assert.Contains(param ?? "", answer.Message, StringComparison.Ordinal);
        }
    }
}
