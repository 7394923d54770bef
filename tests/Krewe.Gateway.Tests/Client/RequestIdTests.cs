using System.Net;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Gateway.Client;
using Krewe.Gateway.Tests.Client.Access;
using Krewe.Gateway.Tests.Safety;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Tests.Client;

/// <summary>Every answer of the client port has its ids, whoever gives it.</summary>
public sealed class RequestIdTests
{
    private const string Ours = "Krewe-Request-Id";
    private const string Clients = "X-Request-Id";

    private static readonly RequestId Known = new(1, 2);
    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"];

    /// <summary>What a client may send as its id, and whether it is echoed.</summary>
    public static TheoryData<string[], bool> ClientIds => new()
    {
        { ["mine-1"], true },
        { ["A.z_0-9"], true },
        { [new string('x', 128)], true },
        { [new string('x', 129)], false },
        { [""], false },
        { ["a b"], false },
        { ["a,b"], false },
        { ["a/b"], false },

        // The bytes of one letter in UTF-8.
        { ["\u00c3\u00a9"], false },
        { ["mine-1", "mine-2"], false },
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_path_answers_every_method_with_ids_of_its_own(bool hasKey)
    {
        var options = new ClientPortOptions();
        var key = options.Add("app");
        await using var gateway = await GatewayFixture.StartAsync(options: options);
        await gateway.EngineAsync("m1", InstanceRole.Mixed);
        var mapped = gateway.Endpoints.Endpoints.OfType<RouteEndpoint>().Select(endpoint => "/" + endpoint.RoutePattern.RawText!.TrimStart('/')).Distinct().ToList();
        Assert.True(mapped.Count >= 9, string.Join(' ', mapped));
        var paths = mapped
            .Select(pattern => pattern
                .Replace("{id}", Known.ToString(), StringComparison.Ordinal)
                .Replace("{**model}", "sim-model", StringComparison.Ordinal)
                .Replace("{**path}", "nothing/here", StringComparison.Ordinal))
            .Concat(["/", "/v1", "/v1/models/no-such-model", "/v1/requests/no-id", "/v1/requests/no-id/stream", "/V1/MODELS/", "/livez/", "/v1/models?x=1"]);
        var ids = new List<string>();
        var statuses = new HashSet<HttpStatusCode>();
        foreach (var path in paths)
        {
            foreach (var method in Methods)
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), path);
                if (hasKey)
                {
                    request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
                }

                using var response = await gateway.Http.SendAsync(request);
                statuses.Add(response.StatusCode);
                var id = IdOf(response, $"{method} {path}");
                Assert.Equal(id, One(response, Clients));
                if (id != Known.ToString())
                {
                    ids.Add(id);
                }
                else
                {
                    // Asked for by its id, and by somebody who may ask.
                    Assert.True(hasKey && path.Contains(id, StringComparison.Ordinal), $"{method} {path}");
                }
            }
        }

        Assert.Equal(ids.Count, ids.Distinct().Count());
        HttpStatusCode[] met = [HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed, hasKey ? HttpStatusCode.BadRequest : HttpStatusCode.Unauthorized];
        Assert.All(met, status => Assert.Contains(status, statuses));
    }

    [Theory]
    [MemberData(nameof(ClientIds))]
    public async Task A_client_s_own_id_is_echoed_on_everything_where_it_is_plain(string[] given, bool isEchoed)
    {
        var options = new ClientPortOptions { MaxBodyBytes = 1024 };
        await using var gateway = await GatewayFixture.StartAsync(options: options);
        await gateway.EngineAsync("m1", InstanceRole.Mixed);
        (string Request, int Status)[] calls =
        [
            ("GET /livez", 200),
            ("GET /readyz", 200),
            ("GET /v1/models", 200),
            ("GET /v1/models/sim-model", 200),
            ("GET /v1/models/other", 404),
            ("GET /nothing", 404),
            ("PUT /v1/models", 405),
            ("GET /v1/requests/" + Known, 404),
            ("GET /v1/requests/" + Known + "/stream", 404),
            ("POST /v1/completions", 400),
            ("POST /v1/completions 2000", 413),
            ("POST /v1/completions {\"model\":\"sim-model\",\"prompt\":\"x\",\"max_tokens\":1}", 200),
            ("POST /v1/completions {\"model\":\"sim-model\",\"prompt\":\"x\",\"max_tokens\":1,\"stream\":true}", 200),
        ];
        foreach (var (call, status) in calls)
        {
            var parts = call.Split(' ', 3);
            var body = parts.Length < 3 ? "" : parts[2];
            var length = body == "2000" ? body : body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
            var headers = string.Concat(given.Select(id => $"{Clients}: {id}\r\n"));
            var answer = await RawHttp.AskAsync(
                gateway.Http.BaseAddress!, $"{parts[0]} {parts[1]} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{(body == "2000" ? "" : body)}");
            Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
            var lines = answer[..answer.IndexOf("\r\n\r\n", StringComparison.Ordinal)].Split("\r\n");
            var ours = Assert.Single(lines, line => line.StartsWith(Ours + ": kr-", StringComparison.Ordinal))[(Ours.Length + 2)..];
            Assert.Equal($"{Clients}: {(isEchoed ? given[0] : ours)}", Assert.Single(lines, line => line.StartsWith(Clients + ":", StringComparison.Ordinal)));
        }
    }

    [Theory]
    [InlineData("OPTIONS * HTTP/1.1")]
    [InlineData("GET http://127.0.0.1/nothing HTTP/1.1")]
    [InlineData("CONNECT 127.0.0.1:80 HTTP/1.1")]
    [InlineData("GET /v1/%2e%2e/%2e%2e/x HTTP/1.1")]
    [InlineData("GET /nothing HTTP/1.0")]
    public async Task Odd_targets_are_answered_with_ids_too(string line)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        var host = line.StartsWith("CONNECT", StringComparison.Ordinal) ? "127.0.0.1:80" : "127.0.0.1";
        var answer = await RawHttp.AskAsync(gateway.Http.BaseAddress!, $"{line}\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        Assert.Contains($"\r\n{Ours}: kr-", answer, StringComparison.Ordinal);
        Assert.Contains($"\r\n{Clients}: kr-", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"unknown_path\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_within_an_endpoint_that_knows_nothing_of_ids_is_answered_with_them_and_logged_under_them()
    {
        using var logs = new CapturedLogs();
        await using var gateway = await GatewayFixture.StartAsync(
            logs: logs, more: static routes => routes.Map("/broken", static _ => throw new InvalidOperationException("on purpose")));
        using var response = await gateway.PostAsync("/broken", "{}", default, (Clients, "mine-1"));
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("internal_error", (await GatewayFixture.ErrorAsync(response)).GetProperty("code").GetString());
        var id = IdOf(response, "/broken");
        Assert.Equal("mine-1", One(response, Clients));
        var told = Assert.Single(logs.Lines, line => line.Contains("on purpose", StringComparison.Ordinal));
        Assert.Contains($"request {id}, failed", told, StringComparison.Ordinal);
        Assert.StartsWith(nameof(LogLevel.Error), told, StringComparison.Ordinal);

        // The next on the same connection is another.
        using var next = await gateway.Http.GetAsync("/livez");
        Assert.NotEqual(id, IdOf(next, "/livez"));
    }

    [Fact]
    public async Task A_fault_after_the_answer_began_cuts_it()
    {
        await using var gateway = await GatewayFixture.StartAsync(more: static routes => routes.Map("/broken", static async http =>
        {
            await http.Response.Body.WriteAsync("begun"u8.ToArray());
            throw new InvalidOperationException("on purpose");
        }));
        using var response = await gateway.Http.GetAsync("/broken", HttpCompletionOption.ResponseHeadersRead);
        IdOf(response, "/broken");
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync());
    }

    private static string IdOf(HttpResponseMessage response, string what)
    {
        Assert.True(response.Headers.Contains(Ours), what);
        var id = One(response, Ours);
        Assert.True(RequestId.TryParse(id, out _), $"{what}: {id}");
        return id;
    }

    private static string One(HttpResponseMessage response, string name) => response.Headers.GetValues(name).Single();
}
