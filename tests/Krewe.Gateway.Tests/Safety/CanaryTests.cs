using System.Net;
using System.Text;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Fleet.Instances;
using Krewe.Gateway.Client;
using Krewe.Gateway.Tests.Client;
using Krewe.Gateway.Tests.Client.Access;
using Krewe.Gateway.Tests.Control;
using Krewe.Gateway.Tests.Story;

namespace Krewe.Gateway.Tests.Safety;

/// <summary>
/// Words that occur nowhere else are put into everything that is nobody's business, and looked for in everything that is
/// written down or told to others.
/// </summary>
public sealed class CanaryTests
{
    private const string Canary = "CANARY";
    private const string Token = "CANARY-operator-token";

    private readonly List<string> _ids = [];

    [Fact]
    public async Task Nothing_of_prompts_keys_headers_or_engines_is_logged_counted_traced_journaled_or_told()
    {
        using var logs = new CapturedLogs();
        using var telemetry = new CapturedTelemetry();
        var options = new ClientPortOptions { MaxBodyBytes = 64 << 10 };
        var key = options.Add("app");
        var secret = key[(key.LastIndexOf('_') + 1)..];
        var told = new List<string>();
        await using (var gateway = await GatewayFixture.StartAsync(GatewayFixture.QuickPool(), options: options, logs: logs))
        {
            await using var admin = await AdminPort.StartAsync(gateway, control => control.OperatorTokens.Add(ControlHost.Hash(Token)), logs);
            await ServeAsync(gateway, key, told);
            await FailAsync(gateway, key, told);
            await BabbleAsync(gateway, told);
            foreach (var path in new[] { "/metrics", "/admin/v1/pools", "/admin/v1/pools/sim", "/admin/v1/events", "/admin/v1/silos" })
            {
                told.Add(await ReadAsync(admin, path, HttpStatusCode.OK));
            }

            foreach (var id in _ids)
            {
                told.Add(await ReadAsync(admin, $"/admin/v1/requests/{id}", HttpStatusCode.OK));
            }

            using var refused = await admin.SendAsync(HttpMethod.Get, "/admin/v1/pools", Canary + "-wrong");
            told.Add(await refused.Content.ReadAsStringAsync());
            using var bad = await admin.SendAsync(HttpMethod.Put, "/admin/v1/pools/sim", Token, $"{{\"{Canary}");
            told.Add(await bad.Content.ReadAsStringAsync());
        }

        // Everything was heard: else that nothing was found would say nothing.
        Assert.Contains(logs.Lines, line => line.StartsWith("Trace ", StringComparison.Ordinal) || line.StartsWith("Debug ", StringComparison.Ordinal));
        Assert.Contains(telemetry.Said, text => text.StartsWith("krewe.requests ", StringComparison.Ordinal));
        Assert.Contains(telemetry.Said, text => text.Contains("Kestrel", StringComparison.Ordinal));
        Assert.Contains(told, text => text.Contains("krewe_requests_total", StringComparison.Ordinal));
        Assert.True(_ids.Count > 8);
        foreach (var canary in new[] { Canary, secret, Keys.Secret })
        {
            Assert.DoesNotContain(logs.Lines, line => line.Contains(canary, StringComparison.Ordinal));
            Assert.DoesNotContain(telemetry.Said, text => text.Contains(canary, StringComparison.Ordinal));
            Assert.DoesNotContain(told, text => text.Contains(canary, StringComparison.Ordinal));
        }
    }

    private async Task ServeAsync(GatewayFixture gateway, string key, List<string> told)
    {
        await gateway.EngineAsync("p1", InstanceRole.Prefill);
        await gateway.EngineAsync("d1", InstanceRole.Decode);
        foreach (var stream in new[] { true, false })
        {
            using var response = await PostAsync(gateway, key, stream);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            await response.Content.ReadAsStringAsync();
            told.Add(response.Headers.ToString());
        }

        // Client gone in the middle.
        using (var left = await PostAsync(gateway, key, stream: true, maxTokens: 5_000))
        {
            Assert.Equal(HttpStatusCode.OK, left.StatusCode);
        }

        await gateway.IdleAsync();
    }

    /// <summary>Engines that answer with what they were told, in every way that is an error of theirs.</summary>
    private async Task FailAsync(GatewayFixture gateway, string key, List<string> told)
    {
        var answer = "";
        await using var engine = new Bystander(said => said.StartsWith("POST", StringComparison.Ordinal) ? answer : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        var current = new[] { "p1", "d1" };
        foreach (var (head, body, stream) in new[]
        {
            ("500 Oops", """{"error":{"message":"CANARY-ENGINE","type":"CANARY","code":500}}""", false),
            ("503 Busy", $"{Canary}-ENGINE", false),
            ("401 Who", """{"error":{"message":"CANARY-ENGINE"}}""", false),
            ("200 OK", $"{Canary}-ENGINE is no JSON", false),
            ("200 OK", """{"object":"error","message":"CANARY-ENGINE","code":500}""", false),
            ($"302 {Canary}", Canary, false),
            ($"{Canary}", Canary, false),
            ("200 OK", $"data: {Canary}\n\n", true),
            ("200 OK", """data: {"error":{"message":"CANARY"}}""" + "\n\n", true),
            ("200 OK", $": {Canary}\n\n{Canary}: x\n\n", true),
        })
        {
            answer = $"HTTP/1.1 {head}\r\nX-{Canary}: {Canary}\r\nContent-Type: {(stream ? "text/event-stream" : "application/json")}\r\nContent-Length: {body.Length}\r\n\r\n{body}";
            await TakeTurnsAsync();
            using var response = await PostAsync(gateway, key, stream);
            Assert.InRange((int)response.StatusCode, 500, 599);
            told.Add(response.Headers + await response.Content.ReadAsStringAsync());
            Assert.NotEmpty((await gateway.RequestAsync(response)).Attempts);
        }

        // What it refuses is the client's to read, and nobody else's.
        const string No = """{"error":{"message":"CANARY-REFUSED"}}""";
        answer = $"HTTP/1.1 422 No\r\nContent-Length: {No.Length}\r\n\r\n{No}";
        await TakeTurnsAsync();
        using var refused = await PostAsync(gateway, key, stream: false);
        Assert.Equal(422, (int)refused.StatusCode);

        // A fresh instance for each answer, so that none is spared by what became of the one before.
        async Task TakeTurnsAsync()
        {
            foreach (var name in current)
            {
                await gateway.Actors.Instance(new InstanceId(GatewayFixture.Pool, new InstanceName(name))).AdministerAsync(new AdminCommand(AdminAction.Cordon));
            }

            current = [$"m{_ids.Count}"];
            await gateway.RegisterAsync(current[0], InstanceRole.Mixed, engine.Url);
        }
    }

    /// <summary>What is no proper request.</summary>
    private static async Task BabbleAsync(GatewayFixture gateway, List<string> told)
    {
        var server = gateway.Http.BaseAddress!;
        foreach (var text in new[]
        {
            $"POST /v1/completions?key={Canary} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {Canary}\r\nContent-Length: 6\r\nConnection: close\r\n\r\n{Canary}",
            $"POST /v1/completions HTTP/1.1\r\nHost: h\r\nAuthorization {Canary}\r\n\r\n",
            $"POST /v1/completions HTTP/1.1\r\nHost: h\r\nAuthori zation: {Canary}\r\n\r\n",
            $"POST /v1/completions HTTP/1.1\r\nHost: {Canary} {Canary}\r\n\r\n",
            $"{Canary} {Canary} {Canary}\r\n\r\n",
            $"POST /v1/completions HTTP/1.1\r\nHost: h\r\nContent-Length: {Canary}\r\n\r\n",
            $"POST /v1/completions HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nAuthorization: Bearer {Canary}\r\n\r\n{Canary}",
        })
        {
            told.Add(await RawHttp.AskAsync(server, text));
        }
    }

    private async Task<HttpResponseMessage> PostAsync(GatewayFixture gateway, string key, bool stream, int maxTokens = 3)
    {
        var response = await gateway.PostAsync(
            "/v1/completions",
            new { model = "sim-model", prompt = Canary + "-PROMPT", max_tokens = maxTokens, stream, user = Canary, ignore_eos = true },
            default,
            Keys.Bearer(key),
            ("Cookie", Canary),
            ("User-Agent", Canary),
            ("X-Anything", Canary),
            ("Krewe-Session", Canary),
            ("Krewe-Deadline-Ms", "1000"),
            ("X-Request-Id", Canary + " of odd characters"));
        _ids.Add(response.Headers.GetValues("Krewe-Request-Id").Single());
        return response;
    }

    private static async Task<string> ReadAsync(AdminPort admin, string path, HttpStatusCode expected)
    {
        using var response = await admin.SendAsync(HttpMethod.Get, path, Token);
        Assert.Equal(expected, response.StatusCode);
        return response.Headers + Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync());
    }
}
