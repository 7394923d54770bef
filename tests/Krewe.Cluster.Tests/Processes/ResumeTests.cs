using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Krewe.Testing.Processes;

namespace Krewe.Cluster.Tests.Processes;

/// <summary>A client whose connection breaks reads on at any silo; where its silo has died, another goes on behind what the client holds.</summary>
[Collection(SharedCluster.Name)]
public sealed class ResumeTests(SharedCluster shared) : IDisposable
{
    private const int Tokens = 120;

    // Who leaves, leaves: by default a client reads on for a while, to keep the connection.
    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxResponseDrainSize = 0 }) { Timeout = TimeSpan.FromSeconds(60) };

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task A_stream_goes_on_at_any_silo()
    {
        var cluster = await shared.TakeAsync();
        var (at, others) = (cluster.Silos[0], cluster.Silos.Skip(1).ToList());
        var (expected, _) = await ReadAsync(await PostAsync(at, null));
        Assert.Equal("[DONE]", expected[^1].Data);

        using var post = await PostAsync(at, null);
        var id = post.Headers.GetValues("Krewe-Request-Id").Single();
        var events = (await ReadAsync(post, 5)).Events;
        foreach (var silo in new[] { others[0], others[1], at, others[0] })
        {
            using var attach = await AttachAsync(silo, id, events[^1].Number);
            Assert.Equal(HttpStatusCode.OK, attach.StatusCode);
            events.AddRange((await ReadAsync(attach, 10)).Events);
            var description = await _http.GetFromJsonAsync<JsonElement>(Path(silo, id));
            Assert.Equal("Decoding", description.GetProperty("state").GetString());
        }

        using var last = await AttachAsync(others[1], id, events[^1].Number);
        var (rest, isCut) = await ReadAsync(last);
        Assert.False(isCut);
        events.AddRange(rest);
        Assert.Equal(expected.Select(Text), events.Select(Text));
        Assert.Equal(Enumerable.Range(0, events.Count), events.Select(one => one.Number));
        foreach (var silo in cluster.Silos)
        {
            using var unknown = await AttachAsync(silo, "kr-00000000000000000000000000000000", 0);
            Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        }

        await cluster.IdleAsync();
    }

    [Fact]
    public async Task A_request_is_ended_by_way_of_any_silo()
    {
        var cluster = await shared.TakeAsync();
        using var post = await PostAsync(cluster.Silos[0], null, tokens: 3_000);
        var id = post.Headers.GetValues("Krewe-Request-Id").Single();
        await ReadAsync(post, 3, leave: false);
        using var elsewhere = await AttachAsync(cluster.Silos[1], id, 2);
        await ReadAsync(elsewhere, 3, leave: false);
        using var cancelled = await _http.DeleteAsync(Path(cluster.Silos[2], id));
        Assert.Equal(HttpStatusCode.NoContent, cancelled.StatusCode);
        var (rest, isCut) = await ReadAsync(elsewhere);
        Assert.True(isCut);
        Assert.Contains("\"cancelled\"", rest[^1].Data, StringComparison.Ordinal);
        await cluster.IdleAsync();
    }

    [Fact]
    public async Task What_a_dead_silo_served_is_gone_and_goes_on_elsewhere_when_it_is_posted_again()
    {
        var cluster = await shared.TakeAsync();
        var (at, other) = (cluster.Silos[0], cluster.Silos[1]);
        var (expected, _) = await ReadAsync(await PostAsync(at, null));
        using var post = await PostAsync(at, null);
        var id = post.Headers.GetValues("Krewe-Request-Id").Single();
        var events = (await ReadAsync(post, 20, leave: false)).Events;
        at.Process.Signal(Signals.Kill);
        events.AddRange((await ReadAsync(post)).Events);
        using var attach = await AttachAsync(other, id, events[^1].Number);
        Assert.Equal(HttpStatusCode.NotFound, attach.StatusCode);
        Assert.Contains("request_gone", await attach.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        var has = string.Concat(events.Select(Text));
        using var again = await PostAsync(other, new { resume = new { text = has, tokens = events.Select(TokensOf).Max() } });
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        var (rest, isCut) = await ReadAsync(again);
        Assert.False(isCut);
        Assert.Equal(string.Concat(expected.Select(Text)), has + string.Concat(rest.Select(Text)));
        Assert.Equal(Tokens, rest.Select(TokensOf).Max());
        await cluster.IdleAsync();
    }

    private static string Path(ClusterSiloProcess silo, string id) => $"{silo.Client.BaseAddress}v1/requests/{id}";

    private async Task<HttpResponseMessage> PostAsync(ClusterSiloProcess silo, object? krewe, int tokens = Tokens)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{silo.Client.BaseAddress}v1/chat/completions")
        {
            Content = JsonContent.Create(new
            {
                model = ClusterProcesses.Model,
                messages = new[] { new { role = "user", content = "hello" } },
                stream = true,
                stream_options = new { include_usage = true },
                max_tokens = tokens,
                ignore_eos = true,
                krewe,
            }),
        };
        request.Headers.Add("Krewe-Resume-Ms", "60000");
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.True(response.IsSuccessStatusCode, response.IsSuccessStatusCode ? "" : await response.Content.ReadAsStringAsync());
        return response;
    }

    private Task<HttpResponseMessage> AttachAsync(ClusterSiloProcess silo, string id, int after)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, Path(silo, id) + "/stream");
        request.Headers.TryAddWithoutValidation("Last-Event-ID", after.ToString(CultureInfo.InvariantCulture));
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static async Task<(List<(int Number, string Data)> Events, bool IsCut)> ReadAsync(HttpResponseMessage response, int most = int.MaxValue, bool leave = true)
    {
        var events = new List<(int, string)>();
        var number = -1;
        var stream = await response.Content.ReadAsStreamAsync();
        var line = new List<byte>();
        var one = new byte[1];
        try
        {
            while (events.Count < most && await stream.ReadAsync(one) == 1)
            {
                if (one[0] != (byte)'\n')
                {
                    line.Add(one[0]);
                    continue;
                }

                var text = Encoding.UTF8.GetString([.. line]);
                line.Clear();
                if (text.StartsWith("id: ", StringComparison.Ordinal))
                {
                    number = int.Parse(text[4..], CultureInfo.InvariantCulture);
                }
                else if (text.StartsWith("data: ", StringComparison.Ordinal))
                {
                    events.Add((number, text[6..]));
                }
            }
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            return (events, true);
        }

        if (leave)
        {
            response.Dispose();
        }

        return (events, false);
    }

    private static string? Text((int Number, string Data) one) =>
        one.Data != "[DONE]" && JsonDocument.Parse(one.Data).RootElement is var chunk && chunk.TryGetProperty("choices", out var choices) && choices.GetArrayLength() > 0
            && choices[0].GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() : null;

    private static int TokensOf((int Number, string Data) one) =>
        one.Data != "[DONE]" && JsonDocument.Parse(one.Data).RootElement is var chunk && chunk.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object
            ? usage.GetProperty("completion_tokens").GetInt32() : 0;
}
