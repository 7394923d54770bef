using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Krewe.Bench.Drill.Rig;

/// <summary>Reads a silo's control port.</summary>
/// <param name="url">The port.</param>
/// <param name="token">An operator's bearer token; null: none is needed.</param>
internal sealed class ControlPort(Uri url, string? token = null) : IDisposable
{
    private const int MostEvents = 1000;

    private static readonly JsonSerializerOptions CamelCase = new(JsonSerializerDefaults.Web);

    private readonly HttpClient _http = Client(url, token);

    public Uri Url { get; } = url;

    public async Task<IReadOnlyList<PoolState>> PoolsAsync() =>
        (await _http.GetFromJsonAsync<PoolList>("/admin/v1/pools", CamelCase))!.Pools;

    public async Task<PoolState> PoolAsync(string pool) =>
        (await _http.GetFromJsonAsync<PoolState>($"/admin/v1/pools/{pool}", CamelCase))!;

    /// <summary>Null where the silo does not know it any more.</summary>
    public async Task<RequestStory?> RequestAsync(string id)
    {
        using var answer = await _http.GetAsync($"/admin/v1/requests/{id}");
        return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<RequestStory>(CamelCase) : null;
    }

    /// <summary>The silos that it knows.</summary>
    public async Task<IReadOnlyList<SiloState>> SilosAsync() =>
        (await _http.GetFromJsonAsync<SiloList>("/admin/v1/silos", CamelCase))!.Silos;

    /// <summary>Oldest first.</summary>
    public async Task<IReadOnlyList<FleetEventState>> EventsAsync() =>
        [.. (await _http.GetFromJsonAsync<EventList>($"/admin/v1/events?limit={MostEvents}", CamelCase))!.Events.Reverse()];

    /// <summary>The samples of these gauges that are not 0, as their lines; and the gauges that are not there at all.</summary>
    public async Task<IReadOnlyList<string>> NonZeroAsync(IReadOnlyCollection<string> gauges)
    {
        var text = await _http.GetStringAsync("/metrics");
        var lines = text.Split('\n');
        return
        [
            .. lines.Where(line => gauges.Any(gauge => IsSampleOf(line, gauge)) && Value(line) != 0),
            .. gauges.Where(gauge => !lines.Any(line => IsSampleOf(line, gauge))).Select(gauge => $"{gauge} is not told"),
        ];
    }

    /// <summary>Sum of a metric's samples.</summary>
    public async Task<double> SumAsync(string metric)
    {
        var text = await _http.GetStringAsync("/metrics");
        return text.Split('\n').Where(line => IsSampleOf(line, metric)).Sum(Value);
    }

    public async Task<HttpStatusCode> SendAsync(HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var answer = await _http.SendAsync(request);
        return answer.StatusCode;
    }

    public void Dispose() => _http.Dispose();

    private static HttpClient Client(Uri url, string? token)
    {
        var http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(10) };
        http.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    private static bool IsSampleOf(string line, string metric) =>
        line.StartsWith(metric, StringComparison.Ordinal) && line.Length > metric.Length && line[metric.Length] is '{' or ' ';

    private static double Value(string line)
    {
        var at = line.LastIndexOf('}') is var brace and >= 0 ? brace + 1 : line.IndexOf(' ', StringComparison.Ordinal);
        return double.Parse(line[at..].Trim().Split(' ')[0], CultureInfo.InvariantCulture);
    }

    private sealed record PoolList(IReadOnlyList<PoolState> Pools);

    private sealed record SiloList(IReadOnlyList<SiloState> Silos);

    private sealed record EventList(IReadOnlyList<FleetEventState> Events);
}
