using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Krewe.Grpc.V1;

namespace Krewe.Client.Grpc.Calls;

/// <summary>Carries the client's HTTP calls over gRPC: a chat becomes a call of <c>krewe.v1.Inference</c>, its messages the events of a stream.</summary>
internal sealed class GrpcHandler : HttpMessageHandler
{
    private const string ChatPath = "/v1/chat/completions";

    // What is said beside a body, by Krewe's own names and those that everybody has.
    private static readonly string[] Passed = ["Authorization", "Krewe-Deadline-Ms", "Krewe-Priority", "Krewe-Session", "Krewe-Resume-Ms", "X-Request-Id", "traceparent", "tracestate"];

    private readonly ConcurrentDictionary<string, Lazy<GrpcChannel>> _channels = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method != HttpMethod.Post || request.RequestUri?.AbsolutePath != ChatPath || request.Content is null)
        {
            // Streams are not held over gRPC: whoever looks for one is told to post its request again.
            return GrpcAnswers.Error(HttpStatusCode.NotFound, "request_gone", "This is not known over gRPC.", null, null);
        }

        var body = await request.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        var asked = new InferenceRequest { Api = Api.ChatCompletions, Json = UnsafeByteOperations.UnsafeWrap(body) };
        var client = new Inference.InferenceClient(Channel(request.RequestUri));
        var metadata = Metadata(request.Headers);
        try
        {
            return IsStream(body)
                ? await StreamAsync(client.Stream(asked, metadata, cancellationToken: cancellationToken), cancellationToken).ConfigureAwait(false)
                : await WholeAsync(client.CompleteAsync(asked, metadata, cancellationToken: cancellationToken)).ConfigureAwait(false);
        }
        catch (RpcException error)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return GrpcAnswers.Error(error) ?? throw new HttpRequestException($"The call failed: {error.Status.StatusCode}.", error);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var channel in _channels.Values.Where(channel => channel.IsValueCreated))
            {
                channel.Value.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private static async Task<HttpResponseMessage> StreamAsync(AsyncServerStreamingCall<InferenceChunk> call, CancellationToken cancellationToken)
    {
        try
        {
            // What fails before the first message is an answer with a status, as it is over HTTP.
            var isOver = !await call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false);
            var response = new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StreamContent(new ChunkStream(call, isOver)) { Headers = { ContentType = new MediaTypeHeaderValue("text/event-stream") } },
            };
            AddIds(response, await call.ResponseHeadersAsync.ConfigureAwait(false));
            return response;
        }
        catch
        {
            call.Dispose();
            throw;
        }
    }

    private static async Task<HttpResponseMessage> WholeAsync(AsyncUnaryCall<InferenceReply> call)
    {
        using (call)
        {
            var reply = await call.ResponseAsync.ConfigureAwait(false);
            var response = new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new ReadOnlyMemoryContent(reply.Json.Memory) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
            };
            AddIds(response, await call.ResponseHeadersAsync.ConfigureAwait(false));
            return response;
        }
    }

    private static void AddIds(HttpResponseMessage response, Metadata headers)
    {
        foreach (var name in new[] { "krewe-request-id", "x-request-id" })
        {
            if (headers.GetValue(name) is { } value)
            {
                response.Headers.TryAddWithoutValidation(name, value);
            }
        }
    }

    private static Metadata Metadata(HttpRequestHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var name in Passed)
        {
            if (headers.TryGetValues(name, out var values))
            {
                metadata.Add(name.ToLower(CultureInfo.InvariantCulture), string.Join(",", values));
            }
        }

        return metadata;
    }

    private static bool IsStream(byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        return json.RootElement.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True;
    }

    private GrpcChannel Channel(Uri uri) =>
        _channels.GetOrAdd(uri.GetLeftPart(UriPartial.Authority), static at => new Lazy<GrpcChannel>(() => GrpcChannel.ForAddress(at, new GrpcChannelOptions
        {
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,

            // The client tries again by itself, elsewhere and at its own pace.
            MaxRetryAttempts = 0,
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(1),
            MaxReconnectBackoff = TimeSpan.FromMilliseconds(1),
            HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true, ConnectTimeout = TimeSpan.FromSeconds(2), AllowAutoRedirect = false },
            DisposeHttpClient = true,
        }))).Value;
}
