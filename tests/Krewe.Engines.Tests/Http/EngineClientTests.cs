using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Krewe.Engines.Buffers;
using Krewe.Engines.Http;
using Krewe.Engines.Sse;
using Krewe.Testing;
using Microsoft.AspNetCore.Http;

namespace Krewe.Engines.Tests.Http;

public class EngineClientTests
{
    private static readonly byte[] Body = """{"model":"m"}"""u8.ToArray();

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SendAsync_sends_the_bytes_and_only_the_headers_of_the_call()
    {
        var seen = new TaskCompletionSource<string>();
        using var engine = new RawEngine(async (socket, request) =>
        {
            seen.TrySetResult(request);
            await RawEngine.SendAsync(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        });
        using var client = Client();
        using var response = await client.SendAsync(
            Call(engine.Url) with { BearerToken = "key", TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Streams = true }, Now);

        Assert.True(response.IsSuccess);
        var lines = (await seen.Task).Split("\r\n");
        Assert.Equal("POST /v1/chat/completions HTTP/1.1", lines[0]);
        Assert.Equal(
            new[]
            {
                "accept: text/event-stream", "authorization: bearer key", "content-length: 13", "content-type: application/json",
                $"host: {engine.Url.Authority}", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "x-request-id: kr-1",
            },
            lines[1..^2].Select(line => line.ToLowerInvariant()).Order(StringComparer.Ordinal));
        Assert.Equal("""{"model":"m"}""", lines[^1]);
    }

    [Fact]
    public async Task SendAsync_an_ambient_activity_adds_no_headers_of_its_own()
    {
        var names = new ConcurrentBag<string>();
        await using var engine = await TestEngine.StartAsync(context =>
        {
            foreach (var header in context.Request.Headers)
            {
                names.Add(header.Key.ToLowerInvariant());
            }

            return Task.CompletedTask;
        });
        using var client = Client();
        using var activity = new Activity("not to be passed on").SetIdFormat(ActivityIdFormat.W3C).Start();
        using var response = await client.SendAsync(Call(engine.Url), Now);

        Assert.Equal(["accept", "content-length", "content-type", "host", "x-request-id"], names.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("", "/v1/chat/completions")]
    [InlineData("/", "/v1/chat/completions")]
    [InlineData("/base", "/base/v1/chat/completions")]
    [InlineData("/base/", "/base/v1/chat/completions")]
    public async Task SendAsync_the_path_goes_behind_the_engines_own(string basePath, string expected)
    {
        var paths = new ConcurrentQueue<string>();
        await using var engine = await TestEngine.StartAsync(context =>
        {
            paths.Enqueue(context.Request.Path);
            return Task.CompletedTask;
        });
        using var client = Client();
        var url = new Uri(engine.Url, basePath);
        for (var i = 0; i < 2; i++)
        {
            using var response = await client.SendAsync(Call(url), Now);
        }

        Assert.Equal([expected, expected], paths);
    }

    [Fact]
    public async Task SendAsync_a_stream_comes_event_by_event_and_its_connection_is_used_again()
    {
        var connections = new ConcurrentBag<string>();
        var next = new SemaphoreSlim(0);
        await using var engine = await TestEngine.StartAsync(async context =>
        {
            connections.Add(context.Connection.Id);
            context.Response.ContentType = "text/event-stream; charset=utf-8";
            foreach (var text in new[] { "data: a\n\n", "data: b\n\n", "data: [DONE]\n\n" })
            {
                await next.WaitAsync(context.RequestAborted);
                await context.Response.WriteAsync(text);
                await context.Response.Body.FlushAsync();
            }
        });
        using var client = Client();
        for (var round = 0; round < 3; round++)
        {
            // The headers come with the first event, as uvicorn does it.
            next.Release();
            using var response = await client.SendAsync(Call(engine.Url) with { Streams = true }, Now);
            Assert.True(response.IsEventStream);
            using var reader = new SseReader(response.Body);
            var seen = new List<string>();
            while (await reader.WaitAsync(Now))
            {
                while (reader.TryRead(out var sse))
                {
                    seen.Add(Encoding.UTF8.GetString(sse.Data));
                    next.Release();
                }
            }

            Assert.Equal(["a", "b", "[DONE]"], seen);
            await next.WaitAsync(Now);
        }

        Assert.Single(connections.Distinct());
    }

    [Fact]
    public async Task Dispose_in_the_middle_of_a_stream_lets_the_engine_know()
    {
        var aborted = new TaskCompletionSource();
        await using var engine = await TestEngine.StartAsync(async context =>
        {
            context.RequestAborted.Register(() => aborted.TrySetResult());
            await context.Response.WriteAsync("data: a\n\n");
            await context.Response.Body.FlushAsync();
            await aborted.Task;
        });
        using var client = Client();
        var response = await client.SendAsync(Call(engine.Url) with { Streams = true }, Now);
        var reader = new SseReader(response.Body);
        Assert.True(await reader.WaitAsync(Now));

        reader.Dispose();
        response.Dispose();

        await Eventually.TrueAsync(() => aborted.Task.IsCompleted, cancellationToken: Now);
    }

    [Fact]
    public async Task Cancelling_a_read_fails_as_cancelled_and_lets_the_engine_know()
    {
        var aborted = new TaskCompletionSource();
        await using var engine = await TestEngine.StartAsync(async context =>
        {
            context.RequestAborted.Register(() => aborted.TrySetResult());
            await context.Response.WriteAsync("data: a\n\n");
            await context.Response.Body.FlushAsync();
            await aborted.Task;
        });
        using var client = Client();
        using var cancel = new CancellationTokenSource();
        using var response = await client.SendAsync(Call(engine.Url), cancel.Token);
        using var output = new PooledBuffer();
        var read = response.ReadAsync(output, 1000, cancel.Token).AsTask();
        await cancel.CancelAsync();

        Assert.Equal(EngineFailure.Cancelled, (await Assert.ThrowsAsync<EngineException>(() => read)).Failure);
        await Eventually.TrueAsync(() => aborted.Task.IsCompleted, cancellationToken: Now);
    }

    [Fact]
    public async Task Cancelling_before_the_answer_fails_as_cancelled_and_lets_the_engine_know()
    {
        var arrived = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using var engine = await TestEngine.StartAsync(async context =>
        {
            context.RequestAborted.Register(() => aborted.TrySetResult());
            arrived.TrySetResult();
            await aborted.Task;
        });
        using var client = Client();
        using var cancel = new CancellationTokenSource();
        var send = client.SendAsync(Call(engine.Url), cancel.Token).AsTask();
        await arrived.Task;
        await cancel.CancelAsync();

        Assert.Equal(EngineFailure.Cancelled, (await Assert.ThrowsAsync<EngineException>(() => send)).Failure);
        await Eventually.TrueAsync(() => aborted.Task.IsCompleted, cancellationToken: Now);
    }

    [Fact]
    public async Task SendAsync_nobody_there_is_refused() =>
        Assert.Equal(EngineFailure.Refused, await SendFailureAsync(RawEngine.NobodysUrl()));

    [Fact]
    public async Task SendAsync_a_name_that_does_not_exist_is_unreachable() =>
        Assert.Equal(EngineFailure.Unreachable, await SendFailureAsync(new Uri("http://no-such-engine.invalid:9000")));

    [Fact]
    public async Task SendAsync_a_backlog_that_is_full_is_a_connect_timeout()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        var fillers = Enumerable.Range(0, 8).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToList();
        using var stop = new CancellationTokenSource();
        var connects = fillers.ConvertAll(socket => socket.ConnectAsync(IPAddress.Loopback, port, stop.Token).AsTask());
        await Eventually.TrueAsync(() => connects.Any(connect => connect.IsCompletedSuccessfully), cancellationToken: Now);
        using var client = new EngineClient(new EngineClientOptions { ConnectTimeout = TimeSpan.FromMilliseconds(50) }, AddressAllowList.Any);

        var failure = await Assert.ThrowsAsync<EngineException>(() => client.SendAsync(Call(new Uri($"http://127.0.0.1:{port}")), Now).AsTask());

        Assert.Equal(EngineFailure.ConnectTimeout, failure.Failure);
        await stop.CancelAsync();
        await Task.WhenAll(connects).ContinueWith(_ => { }, TaskScheduler.Default);
        fillers.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task SendAsync_a_connection_reset_before_the_answer_is_reset()
    {
        using var engine = new RawEngine((socket, _) =>
        {
            socket.LingerState = new LingerOption(true, 0);
            return Task.CompletedTask;
        });

        Assert.Equal(EngineFailure.Reset, await SendFailureAsync(engine.Url));
        Assert.Equal(1, engine.Connections);
    }

    [Fact]
    public async Task SendAsync_a_connection_closed_before_the_answer_is_reset_and_the_request_is_not_sent_again()
    {
        using var engine = new RawEngine((_, _) => Task.CompletedTask);

        Assert.Equal(EngineFailure.Reset, await SendFailureAsync(engine.Url));
        Assert.Equal(1, engine.Connections);
    }

    [Theory]
    [InlineData("nonsense\r\n\r\n")]
    [InlineData("HTTP/1.1 20x OK\r\n\r\n")]
    public async Task SendAsync_an_answer_that_is_no_http_is_malformed(string answer)
    {
        using var engine = new RawEngine((socket, _) => RawEngine.SendAsync(socket, answer));

        Assert.Equal(EngineFailure.MalformedStream, await SendFailureAsync(engine.Url));
    }

    [Fact]
    public async Task SendAsync_headers_beyond_the_limit_are_too_large()
    {
        using var engine = new RawEngine((socket, _) => RawEngine.SendAsync(socket, "HTTP/1.1 200 OK\r\nA: " + new string('x', 40 << 10) + "\r\n\r\n"));

        Assert.Equal(EngineFailure.TooLarge, await SendFailureAsync(engine.Url));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", EngineFailure.EndedEarly)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", EngineFailure.EndedEarly)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n", EngineFailure.MalformedStream)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n", EngineFailure.TooLarge)]
    public async Task ReadAsync_bodies_that_break_off_or_are_too_large_fail(string answer, EngineFailure expected)
    {
        using var engine = new RawEngine((socket, _) => RawEngine.SendAsync(socket, answer));
        using var client = Client();
        using var response = await client.SendAsync(Call(engine.Url), Now);
        using var output = new PooledBuffer();

        Assert.Equal(expected, (await Assert.ThrowsAsync<EngineException>(() => response.ReadAsync(output, 1000, Now).AsTask())).Failure);
    }

    [Fact]
    public async Task ReadAsync_a_body_of_unknown_length_is_bounded_too()
    {
        await using var engine = await TestEngine.StartAsync(context => context.Response.WriteAsync(new string('x', 5000)));
        using var client = Client();
        using var response = await client.SendAsync(Call(engine.Url), Now);
        using var output = new PooledBuffer();

        Assert.Equal(EngineFailure.TooLarge, (await Assert.ThrowsAsync<EngineException>(() => response.ReadAsync(output, 4999, Now).AsTask())).Failure);
    }

    [Fact]
    public async Task A_stream_cut_by_the_engine_ends_early()
    {
        using var engine = new RawEngine((socket, _) => RawEngine.SendAsync(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: a\n\n\r\n"));
        using var client = Client();
        using var response = await client.SendAsync(Call(engine.Url), Now);
        using var reader = new SseReader(response.Body);
        var seen = 0;

        var error = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            while (await reader.WaitAsync(Now))
            {
                while (reader.TryRead(out _))
                {
                    seen++;
                }
            }
        });

        Assert.Equal((1, EngineFailure.EndedEarly), (seen, EngineException.From(error, answered: true, Now).Failure));
    }

    [Theory]
    [InlineData(200, EngineFailure.None)]
    [InlineData(302, EngineFailure.Redirected)]
    [InlineData(404, EngineFailure.ErrorStatus)]
    [InlineData(503, EngineFailure.ErrorStatus)]
    public async Task SendAsync_statuses_are_told_and_redirects_not_followed(int status, EngineFailure expected)
    {
        var calls = 0;
        await using var engine = await TestEngine.StartAsync(context =>
        {
            Interlocked.Increment(ref calls);
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "/elsewhere";
            context.Response.Headers.RetryAfter = "7";
            return context.Response.WriteAsync("""{"object":"error","message":"busy","code":503}""");
        });
        using var client = Client();
        using var response = await client.SendAsync(Call(engine.Url), Now);

        Assert.Equal((status, expected, 7, 1), (response.Status, response.Failure, response.RetryAfterSeconds, calls));
        Assert.Equal("busy", (await response.ReadErrorAsync(Now)).Message);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task SendAsync_an_address_outside_the_allow_list_gets_not_even_a_connection(string host)
    {
        using var engine = new RawEngine((_, _) => Task.CompletedTask);
        Assert.True(AddressAllowList.TryParse(["10.0.0.0/8", "fd00::/8", "192.168.1.7"], out var list, out _));
        using var client = new EngineClient(new EngineClientOptions(), list);
        var url = new UriBuilder(engine.Url) { Host = host }.Uri;

        var failure = await Assert.ThrowsAsync<EngineException>(() => client.SendAsync(Call(url), Now).AsTask());

        Assert.Equal((EngineFailure.AddressRefused, 0), (failure.Failure, engine.Connections));
    }

    private static EngineClient Client() => new(new EngineClientOptions(), AddressAllowList.Loopback);

    private static EngineCall Call(Uri engine) => new() { Engine = engine, Path = "/v1/chat/completions", Body = Body, RequestId = "kr-1" };

    private static async Task<EngineFailure> SendFailureAsync(Uri url)
    {
        using var client = new EngineClient(new EngineClientOptions(), AddressAllowList.Any);
        return (await Assert.ThrowsAsync<EngineException>(() => client.SendAsync(Call(url), Now).AsTask())).Failure;
    }
}
