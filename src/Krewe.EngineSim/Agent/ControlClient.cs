using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Krewe.Core.Protocols;
using Krewe.EngineSim.Hosting;
using Krewe.EngineSim.Protocol;

namespace Krewe.EngineSim.Agent;

/// <summary>Speaks the control port's engine contract for one instance. One caller at a time.</summary>
internal sealed class ControlClient : IDisposable
{
    private readonly SimEngineHost _engine;
    private readonly SimAgentOptions _options;
    private readonly Uri _instance;
    private readonly HttpClient _http;
    private long _sequence;

    public ControlClient(SimEngineHost engine, SimAgentOptions options)
    {
        _engine = engine;
        _options = options;
        _instance = new Uri(options.ControlUrl, $"/fleet/v1/pools/{Uri.EscapeDataString(options.Pool)}/instances/{Uri.EscapeDataString(engine.Name)}");
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = options.CallTimeout };
        if (options.Token is { } token)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }

    /// <summary>What was registered last; null: nothing.</summary>
    public string? Incarnation { get; private set; }

    public long Epoch { get; private set; }

    public TimeSpan HeartbeatPeriod { get; private set; } = TimeSpan.FromMilliseconds(500);

    public async Task<ControlAnswer> RegisterAsync(CancellationToken cancellationToken)
    {
        var incarnation = _engine.Incarnation;
        var engine = _engine.Options;
        using var body = new Utf8Buffer();
        body.Append("{\"incarnation\":"u8).AppendString(incarnation)
            .Append(",\"role\":"u8).AppendString(engine.Role.ToString().ToLowerInvariant())
            .Append(",\"protocol\":"u8).AppendString(EngineProtocol.Vllm.WireName())
            .Append(",\"url\":"u8).AppendString((_options.AdvertisedUrl ?? _engine.Url).GetLeftPart(UriPartial.Authority))
            .Append(",\"model\":"u8).AppendString(engine.Model)
            .Append(",\"transferGroup\":"u8).AppendString(_options.TransferGroup)
            .Append(",\"capacity\":{\"maxConcurrency\":"u8).Append(engine.MaxRunning)
            .Append(",\"kvBlocks\":"u8).Append(engine.KvBlocks)
            .Append(",\"blockSize\":"u8).Append(engine.BlockSize).Append("},\"labels\":{}}"u8);
        var answer = await SendAsync(HttpMethod.Put, _instance, body, cancellationToken).ConfigureAwait(false);
        if (answer.Outcome == ControlOutcome.Accepted)
        {
            Incarnation = incarnation;
            _sequence = 0;
        }

        return answer;
    }

    public async Task<ControlAnswer> HeartbeatAsync(TimeSpan engineSeen, CancellationToken cancellationToken)
    {
        var engine = _engine.Life.Runtime.Read();
        var (ttft, itl) = _engine.Life.Runtime.ReadLatencies(static latencies => latencies.TakeMaxima());
        using var body = new Utf8Buffer();
        body.Append("{\"incarnation\":"u8).AppendString(Incarnation)
            .Append(",\"sequence\":"u8).Append(++_sequence)
            .Append(",\"engineSeenMs\":"u8).Append((long)engineSeen.TotalMilliseconds)
            .Append(",\"load\":{\"running\":"u8).Append(engine.Running)
            .Append(",\"waiting\":"u8).Append(engine.Waiting)
            .Append(",\"kvUsage\":"u8).Append((double)engine.BlocksInUse / engine.BlocksTotal)
            .Append(",\"queuedTokens\":"u8).Append(engine.QueuedTokens)
            .Append(",\"maxTtftMs\":"u8).Append((long)ttft.TotalMilliseconds)
            .Append(",\"maxItlMs\":"u8).Append((long)itl.TotalMilliseconds).Append("}}"u8);
        return await SendAsync(HttpMethod.Post, new Uri(_instance.OriginalString + "/heartbeats"), body, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes the instance out; what the silo says of it changes nothing any more.</summary>
    public async Task DeleteAsync(CancellationToken cancellationToken) =>
        await SendAsync(HttpMethod.Delete, new Uri($"{_instance.OriginalString}?incarnation={Incarnation}"), null, cancellationToken).ConfigureAwait(false);

    public void Dispose() => _http.Dispose();

    private async Task<ControlAnswer> SendAsync(HttpMethod method, Uri url, Utf8Buffer? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, url);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body.Written.ToArray());
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        try
        {
            using var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            var text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            return Read(response, text);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or InvalidOperationException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new ControlAnswer(ControlOutcome.Unavailable, e.Message);
        }
    }

    private ControlAnswer Read(HttpResponseMessage response, string text)
    {
        using var json = JsonDocument.Parse(string.IsNullOrWhiteSpace(text) ? "{}" : text);
        var root = json.RootElement;
        if (response.IsSuccessStatusCode)
        {
            Epoch = root.TryGetProperty("epoch", out var epoch) ? epoch.GetInt64() : Epoch;
            HeartbeatPeriod = root.TryGetProperty("heartbeatMs", out var period) ? TimeSpan.FromMilliseconds(Math.Clamp(period.GetInt32(), 10, 60_000)) : HeartbeatPeriod;
            var isDrained = root.TryGetProperty("admin", out var admin) && admin.GetString() == "Drained";
            return new ControlAnswer(isDrained ? ControlOutcome.Drained : ControlOutcome.Accepted);
        }

        var error = root.TryGetProperty("error", out var nested) && nested.ValueKind == JsonValueKind.Object ? nested : root;
        var code = error.TryGetProperty("code", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString() : null;
        var message = error.TryGetProperty("message", out var said) ? said.GetString() : null;
        message = string.Create(CultureInfo.InvariantCulture, $"{(int)response.StatusCode} {code}: {message}");
        var outcome = (response.StatusCode, code) switch
        {
            (HttpStatusCode.NotFound, "unknown_instance") => ControlOutcome.UnknownInstance,
            (HttpStatusCode.Conflict, "stale_incarnation") => ControlOutcome.StaleIncarnation,
            (HttpStatusCode.Conflict, _) => ControlOutcome.NameInUse,
            (HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout, _) => ControlOutcome.Unavailable,
            ( >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError, _) => ControlOutcome.Refused,
            _ => ControlOutcome.Unavailable,
        };
        return new ControlAnswer(outcome, message, response.Headers.RetryAfter?.Delta);
    }
}
