using System.Globalization;
using System.Net.Http.Headers;
using Krewe.Client.Endpoints;
using Krewe.Client.Retry;
using Krewe.Client.Wire;

namespace Krewe.Client.Streaming;

/// <summary>What all calls of a client share: the way to its endpoints, and what they have learned of them.</summary>
internal sealed class Transport(KreweClientOptions options, Func<HttpClient> http, TimeProvider time, Jitter random)
{
    private static readonly TimeSpan CancelLimit = TimeSpan.FromSeconds(2);

    public KreweClientOptions Options => options;

    public TimeProvider Time => time;

    public Jitter Random => random;

    public EndpointSet Endpoints { get; } = new(options.Endpoints, time, random);

    public RetryBudget Budget { get; } = new(options.Retry);

    /// <summary>Posts a chat.</summary>
    /// <param name="at">Where.</param>
    /// <param name="body">The body.</param>
    /// <param name="call">What is said beside it.</param>
    /// <param name="left">What is left of its time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<HttpResponseMessage> PostAsync(Endpoint at, byte[] body, KreweCall call, TimeSpan left, CancellationToken cancellationToken)
    {
        var request = Request(HttpMethod.Post, at, "v1/chat/completions");
        request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        request.Headers.TryAddWithoutValidation(HeaderNames.DeadlineMs, Milliseconds(left));
        if ((call.ResumeFor ?? options.ResumeFor) is var keep && keep > TimeSpan.Zero)
        {
            request.Headers.TryAddWithoutValidation(HeaderNames.ResumeMs, Milliseconds(keep));
        }

        if (call.Priority != KrewePriority.Normal)
        {
            request.Headers.TryAddWithoutValidation(HeaderNames.Priority, call.Priority == KrewePriority.High ? "high" : "low");
        }

        if (call.Session is { } session)
        {
            request.Headers.TryAddWithoutValidation(HeaderNames.Session, session);
        }

        if (call.ClientRequestId is { } id)
        {
            request.Headers.TryAddWithoutValidation(HeaderNames.ClientRequestId, id);
        }

        return SendAsync(request, cancellationToken);
    }

    /// <summary>Reads a held stream on.</summary>
    public Task<HttpResponseMessage> AttachAsync(Endpoint at, string requestId, int after, CancellationToken cancellationToken)
    {
        var request = Request(HttpMethod.Get, at, $"v1/requests/{requestId}/stream");
        if (after >= 0)
        {
            request.Headers.TryAddWithoutValidation(HeaderNames.LastEventId, after.ToString(CultureInfo.InvariantCulture));
        }

        return SendAsync(request, cancellationToken);
    }

    /// <summary>Asks for a request by its id; each endpoint once, until one knows it.</summary>
    /// <exception cref="KreweException">None does, or could be reached.</exception>
    public async Task<HttpResponseMessage> AskAsync(HttpMethod method, string requestId, Endpoint? preferred, CancellationToken cancellationToken)
    {
        KreweException? failure = null;
        var tried = new HashSet<Endpoint>();
        for (var i = 0; i < Endpoints.Count; i++)
        {
            var at = Endpoints.Pick(preferred, tried);
            tried.Add(at);
            try
            {
                var response = await SendAsync(Request(method, at, $"v1/requests/{requestId}"), cancellationToken).ConfigureAwait(false);
                if (response.IsSuccessStatusCode)
                {
                    return response;
                }

                using (response)
                {
                    // What one does not know another may: the silo that is asked may not have heard of the one that knows.
                    failure = await ErrorReader.ReadAsync(response, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (HttpRequestException error)
            {
                Endpoints.Failed(at);
                failure ??= Unreachable(at, error, requestId);
            }
        }

        throw failure!;
    }

    /// <summary>Ends a request for which nobody waits any more, as well as can be: the service would find out by itself, but later.</summary>
    public async Task TryCancelAsync(string requestId, Endpoint? preferred)
    {
        using var limit = new CancellationTokenSource(CancelLimit, time);
        try
        {
            using var response = await AskAsync(HttpMethod.Delete, requestId, preferred, limit.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is KreweException or OperationCanceledException)
        {
            // It ends when the time is over for which it was to be kept.
        }
    }

    public static KreweException Unreachable(Endpoint at, Exception error, string? requestId) =>
        new(KreweErrorCode.Unreachable, $"{at} cannot be reached: {error.Message}", error) { IsRetryable = true, RequestId = requestId };

    private static string Milliseconds(TimeSpan span) =>
        Math.Clamp((long)span.TotalMilliseconds, 1, int.MaxValue).ToString(CultureInfo.InvariantCulture);

    private HttpRequestMessage Request(HttpMethod method, Endpoint at, string path)
    {
        var request = new HttpRequestMessage(method, at.At(path));
        if (options.ApiKey is { Length: > 0 } key)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        return request;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        {
            return await http().SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
    }
}
