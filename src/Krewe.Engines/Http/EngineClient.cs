using System.Net;
using System.Net.Sockets;

namespace Krewe.Engines.Http;

/// <summary>
/// Calls engines over HTTP/1.1: no redirects, no proxy, no cookies, no decompression, no headers but the ones of the
/// call. One per pool, since its connections are shared by everything that goes through it while the allow-list is the
/// pool's. Thread-safe.
/// </summary>
public sealed class EngineClient : IDisposable
{
    private readonly HttpMessageInvoker _http;
    private readonly IAddressPolicy _addresses;

    public EngineClient(EngineClientOptions options, IAddressPolicy addresses)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(addresses);
        options.Validate();
        _addresses = addresses;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = options.ConnectionLifetime,
            PooledConnectionIdleTimeout = options.IdleConnectionTimeout,
            ResponseDrainTimeout = options.DrainTimeout,
            MaxResponseDrainSize = 64 << 10,
            MaxResponseHeadersLength = options.MaxResponseHeadersKiB,
            MaxConnectionsPerServer = options.MaxConnectionsPerEngine,
            ConnectCallback = ConnectAsync,
        };
        if (options.Tls is { } tls)
        {
            handler.SslOptions = tls;
        }

        _http = new HttpMessageInvoker(handler);
    }

    /// <summary>
    /// Sends a leg and returns once the answer's headers are in, whatever its status. Throws only
    /// <see cref="EngineException"/>, also when cancelled.
    /// </summary>
    public async ValueTask<EngineResponse> SendAsync(EngineCall call, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, EngineTarget.Url(call.Engine, call.Path));
        var content = new ReadOnlyMemoryContent(call.Body);
        content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        request.Content = content;
        var headers = request.Headers;
        headers.TryAddWithoutValidation("Accept", call.Streams ? "text/event-stream" : "application/json");
        headers.TryAddWithoutValidation("X-Request-Id", call.RequestId);
        if (call.BearerToken is not null)
        {
            headers.TryAddWithoutValidation("Authorization", "Bearer " + call.BearerToken);
        }

        if (call.TraceParent is not null)
        {
            headers.TryAddWithoutValidation("traceparent", call.TraceParent);
            if (call.TraceState is not null)
            {
                headers.TryAddWithoutValidation("tracestate", call.TraceState);
            }
        }

        return await SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gets a path of an engine: health, metrics, models. Throws as <see cref="SendAsync(EngineCall, CancellationToken)"/> does.</summary>
    public async ValueTask<EngineResponse> GetAsync(Uri engine, string path, string? bearerToken, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, EngineTarget.Url(engine, path));
        if (bearerToken is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + bearerToken);
        }

        return await SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _http.Dispose();

    private async ValueTask<EngineResponse> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            return new EngineResponse(response);
        }
        catch (Exception e)
        {
            throw EngineException.From(e, answered: false, cancellationToken);
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var endPoint = context.DnsEndPoint;
        var allowed = await ResolveAsync(endPoint, cancellationToken).ConfigureAwait(false);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // Tries one after the other until one answers.
            await socket.ConnectAsync(allowed, endPoint.Port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async ValueTask<IPAddress[]> ResolveAsync(DnsEndPoint endPoint, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(endPoint.Host, out var literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(endPoint.Host, cancellationToken).ConfigureAwait(false);
        var allowed = Array.FindAll(addresses, address => _addresses.IsAllowed(address, endPoint.Port));
        return allowed.Length > 0 ? allowed : throw new AddressRefusedException(endPoint.Host);
    }
}
