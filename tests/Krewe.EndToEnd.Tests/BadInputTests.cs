using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Krewe.EndToEnd.Tests.Processes;
using Krewe.Testing;

namespace Krewe.EndToEnd.Tests;

/// <summary>A thousand garbage requests leave the server serving, and every gauge at zero.</summary>
public sealed class BadInputTests
{
    private const int Requests = 1_000;

    [Fact]
    public async Task A_thousand_garbage_requests_do_no_harm()
    {
        using var data = new DataFolder();
        await using var silo = await SiloProcess.ReadyAsync("local", data.Path, "4m");
        var random = new Random(20261121);
        var statuses = new List<int>();
        for (var i = 0; i < Requests; i++)
        {
            using var request = Garbage(random);
            using var response = await silo.Client.SendAsync(request);
            statuses.Add((int)response.StatusCode);
            if (!response.IsSuccessStatusCode)
            {
                var body = await response.Content.ReadAsStringAsync();
                using var json = JsonDocument.Parse(body);
                var error = json.RootElement.GetProperty("error");
                Assert.Equal(JsonValueKind.String, error.GetProperty("code").ValueKind);
                Assert.False(string.IsNullOrEmpty(error.GetProperty("message").GetString()), body);
                Assert.True(error.TryGetProperty("param", out _) && error.TryGetProperty("type", out _), body);
            }
        }

        Assert.DoesNotContain(statuses, status => status >= 500);
        Assert.True(statuses.Count(status => status is >= 400 and < 500) > Requests / 2, "most of it was garbage");

        using var good = await silo.Client.SendAsync(Chat.Request("Still there?", stream: false));
        Assert.Equal(HttpStatusCode.OK, good.StatusCode);
        await Eventually.TrueAsync(async () => Gauges(await silo.Control.GetStringAsync("/metrics")).All(gauge => gauge.Value == 0), what: "every gauge at zero");
    }

    private static HttpRequestMessage Garbage(Random random)
    {
        string[] paths = ["/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/nothing", "/v1/models/%2e%2e", "/../etc/passwd"];
        var request = new HttpRequestMessage(random.Next(5) == 0 ? HttpMethod.Put : HttpMethod.Post, paths[random.Next(paths.Length)]);
        var body = Body(random);
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(random.Next(2) == 0 ? "application/json" : "application/x-www-form-urlencoded");
        if (random.Next(4) == 0)
        {
            request.Headers.TryAddWithoutValidation("Krewe-Deadline-Ms", random.Next(2) == 0 ? "soon" : "-5");
        }

        if (random.Next(4) == 0)
        {
            request.Headers.TryAddWithoutValidation("X-Request-Id", new string('x', random.Next(1, 400)));
        }

        return request;
    }

    private static byte[] Body(Random random)
    {
        const string Valid = """{"model":"sim-model","messages":[{"role":"user","content":"hi"}],"max_tokens":2}""";
        switch (random.Next(6))
        {
            case 0:
                var noise = new byte[random.Next(0, 2_000)];
                random.NextBytes(noise);
                return noise;
            case 1:
                return Encoding.UTF8.GetBytes(Valid[..random.Next(Valid.Length)]);
            case 2:
                var flipped = Encoding.UTF8.GetBytes(Valid);
                flipped[random.Next(flipped.Length)] = (byte)random.Next(256);
                return flipped;
            case 3:
                return Encoding.UTF8.GetBytes(new string('[', random.Next(1, 5_000)));
            case 4:
                return Encoding.UTF8.GetBytes("""{"model":"sim-model","messages":"no","max_tokens":-1,"stream":"yes"}""");
            default:
                return Encoding.UTF8.GetBytes("""{"model":42,"model":"sim-model","n":1e99,"kv_transfer_params":{"do_remote_prefill":true}}""");
        }
    }

    private static IEnumerable<KeyValuePair<string, double>> Gauges(string metrics) => metrics
        .Split('\n')
        .Where(line => line.StartsWith("krewe_requests_running", StringComparison.Ordinal)
            || line.StartsWith("krewe_reservations", StringComparison.Ordinal)
            || line.StartsWith("krewe_queue_waiting", StringComparison.Ordinal)
            || line.StartsWith("krewe_instances_reserved", StringComparison.Ordinal))
        .Select(line => KeyValuePair.Create(line[..line.LastIndexOf(' ')], double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture)));
}
