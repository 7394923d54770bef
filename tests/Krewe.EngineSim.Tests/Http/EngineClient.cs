using System.Net;
using System.Text;
using System.Text.Json;
using Krewe.EngineSim.Hosting;

namespace Krewe.EngineSim.Tests.Http;

/// <summary>A client of one engine, as blunt as a test needs it.</summary>
internal sealed class EngineClient(SimEngineHost engine) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = engine.Url, Timeout = TimeSpan.FromSeconds(30) };

    public HttpClient Http => _http;

    public void Dispose() => _http.Dispose();

    public Task<HttpResponseMessage> PostAsync(string path, string json, string? requestId = null, CancellationToken cancellationToken = default)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        if (requestId is not null)
        {
            request.Headers.Add("X-Request-Id", requestId);
        }

        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    /// <summary>Posts and reads all of the answer.</summary>
    public async Task<(HttpStatusCode Status, string Body)> TextAsync(string path, string json, string? requestId = null)
    {
        using var response = await PostAsync(path, json, requestId);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Posts and reads an answer that must be 200.</summary>
    public async Task<JsonElement> JsonAsync(string path, string json, string? requestId = null)
    {
        var (status, body) = await TextAsync(path, json, requestId);
        Assert.True(status == HttpStatusCode.OK, body);
        return JsonElement.Parse(body);
    }

    /// <summary>Posts and reads the events of a stream that must end with [DONE].</summary>
    public async Task<List<JsonElement>> EventsAsync(string path, string json, string? requestId = null)
    {
        var (status, body) = await TextAsync(path, json, requestId);
        Assert.True(status == HttpStatusCode.OK, body);
        var data = body.Split('\n').Select(static line => line.TrimEnd('\r')).Where(static line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(static line => line[6..]).ToList();
        Assert.Equal("[DONE]", data[^1]);
        return [.. data.SkipLast(1).Select(static line => JsonElement.Parse(line))];
    }

    public async Task FaultAsync(string json)
    {
        var (status, body) = await TextAsync("/sim/fault", json);
        Assert.True(status == HttpStatusCode.OK, body);
    }

    /// <summary>The text that a stream's chunks hold for a choice.</summary>
    public static string TextOf(IEnumerable<JsonElement> events, int choice = 0) => string.Concat(events
        .SelectMany(static e => e.TryGetProperty("choices", out var choices) ? choices.EnumerateArray() : [])
        .Where(c => c.GetProperty("index").GetInt32() == choice)
        .Select(static c => c.TryGetProperty("text", out var text) ? text.GetString() : c.GetProperty("delta").GetProperty("content").GetString()));
}
