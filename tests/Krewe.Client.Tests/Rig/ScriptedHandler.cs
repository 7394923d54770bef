using System.Net;
using System.Text;

namespace Krewe.Client.Tests.Rig;

/// <summary>Answers calls as the test has written down, without a network.</summary>
internal sealed class ScriptedHandler : HttpMessageHandler
{
    private readonly Queue<Func<HttpRequestMessage, HttpResponseMessage>> _answers = new();
    private readonly Lock _gate = new();

    /// <summary>Method, host and last part of the path of every call.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>The bodies of posts.</summary>
    public List<string> Bodies { get; } = [];

    public ScriptedHandler Refuses()
    {
        _answers.Enqueue(_ => throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused"));
        return this;
    }

    public ScriptedHandler Fails(int status, string code, int? retryAfterSeconds = null, bool? shouldRetry = null)
    {
        _answers.Enqueue(_ =>
        {
            var answer = new HttpResponseMessage((HttpStatusCode)status)
            {
                Content = new StringContent($$$"""{"error":{"message":"It is so.","type":"server_error","param":null,"code":"{{{code}}}"}}""", Encoding.UTF8, "application/json"),
            };
            answer.Headers.Add("Krewe-Request-Id", "kr-1");
            if (retryAfterSeconds is { } after)
            {
                answer.Headers.TryAddWithoutValidation("Retry-After", after.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }

            if (shouldRetry is { } should)
            {
                answer.Headers.Add("x-should-retry", should ? "true" : "false");
            }

            return answer;
        });
        return this;
    }

    /// <summary>A stream of these events; held where <paramref name="id"/> is given.</summary>
    public ScriptedHandler Streams(string? id, params string[] events)
    {
        _answers.Enqueue(_ =>
        {
            var body = new StringBuilder();
            for (var i = 0; i < events.Length; i++)
            {
                body.Append(id is null ? "" : $"id: {i}\n").Append("data: ").Append(events[i]).Append("\n\n");
            }

            var answer = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body.ToString(), Encoding.UTF8, "text/event-stream") };
            if (id is not null)
            {
                answer.Headers.Add("Krewe-Request-Id", id);
                answer.Headers.Add("Krewe-Resume-Ms", "1000");
            }

            return answer;
        });
        return this;
    }

    public static string Text(string text, int tokens) =>
        $$$"""{"id":"c1","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"{{{text}}}"},"finish_reason":null}],"usage":{"prompt_tokens":3,"completion_tokens":{{{tokens}}},"total_tokens":9} }""";

    public static string Delta(string delta, string finish = "null") =>
        $$$"""{"id":"c1","created":1,"model":"m","choices":[{"index":0,"delta":{{{delta}}},"finish_reason":{{{finish}}}}] }""";

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken);
        lock (_gate)
        {
            Calls.Add($"{request.Method} {request.RequestUri!.Host} {request.RequestUri.AbsolutePath.Split('/')[^1]}");
            if (body is not null)
            {
                Bodies.Add(body);
            }

            return _answers.TryDequeue(out var answer) ? answer(request) : throw new HttpRequestException(HttpRequestError.ConnectionError, "Nothing is written down.");
        }
    }
}
