using System.Net;
using System.Text.Json;
using Krewe.EngineSim.Engine;
using Krewe.EngineSim.Protocol;

namespace Krewe.EngineSim.Transfer;

/// <summary>The decode side of a transfer: asks the prefill instance, in this process or over its side channel.</summary>
internal sealed class KvClient(KvSources sources, TimeSpan timeout) : IDisposable
{
    private HttpClient? _http;

    /// <summary>Claims KV for reading.</summary>
    /// <returns>What the prefill instance says, and how many tokens it holds.</returns>
    public async ValueTask<(KvPullResult Result, int Tokens)> ClaimAsync(KvReference kv, string reader, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            if (sources.Find(kv) is { } source)
            {
                return await source.ClaimAsync(kv, reader, limit.Token).ConfigureAwait(false);
            }

            using var answer = await PostAsync(kv, "claim", reader, limit.Token).ConfigureAwait(false);
            if (answer.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.Conflict))
            {
                return (KvPullResult.Unreachable, 0);
            }

            await using var body = await answer.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
            using var json = await JsonDocument.ParseAsync(body, default, limit.Token).ConfigureAwait(false);
            var result = json.RootElement.GetProperty("result").GetString();
            return (Enum.TryParse<KvPullResult>(result, out var parsed) ? parsed : KvPullResult.Unreachable, json.RootElement.GetProperty("tokens").GetInt32());
        }
        catch (Exception e) when (IsUnreachable(e, cancellationToken))
        {
            return (KvPullResult.Unreachable, 0);
        }
    }

    /// <summary>Says that KV was read, or will not be. False where the prefill instance does not hold it any more, or does not answer.</summary>
    public async ValueTask<bool> ReleaseAsync(KvReference kv, string reader, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            if (sources.Find(kv) is { } source)
            {
                return await source.ReleaseAsync(kv, reader, limit.Token).ConfigureAwait(false);
            }

            using var answer = await PostAsync(kv, "release", reader, limit.Token).ConfigureAwait(false);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (IsUnreachable(e, cancellationToken))
        {
            return false;
        }
    }

    public void Dispose() => _http?.Dispose();

    private static bool IsUnreachable(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or JsonException or KeyNotFoundException or UriFormatException or InvalidOperationException
        || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private async Task<HttpResponseMessage> PostAsync(KvReference kv, string what, string reader, CancellationToken cancellationToken)
    {
        var http = _http;
        if (http is null)
        {
            var made = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };
            http = Interlocked.CompareExchange(ref _http, made, null) ?? made;
        }

        using var body = new Utf8Buffer();
        body.Append("{\"engine_id\":"u8).AppendString(kv.EngineId)
            .Append(",\"request_id\":"u8).AppendString(kv.RequestId)
            .Append(",\"reader\":"u8).AppendString(reader)
            .Append(",\"block_ids\":"u8).AppendInts(kv.BlockIds).Append("}"u8);
        using var content = new ByteArrayContent(body.Written.ToArray());
        content.Headers.ContentType = new("application/json");
        return await http.PostAsync(new UriBuilder("http", kv.Host, kv.Port, $"/sim/kv/{what}").Uri, content, cancellationToken).ConfigureAwait(false);
    }
}
