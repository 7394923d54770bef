using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Krewe.Core.Identity;
using Krewe.Fleet.Journal;
using Krewe.Gateway.Console.Live;
using Krewe.Gateway.Tests.Control;
using Krewe.Testing;

namespace Krewe.Gateway.Tests.Console;

/// <summary>The console's files and its live stream, as a browser gets them.</summary>
public sealed class ConsoleStreamTests
{
    [Theory]
    [InlineData("/", "text/html")]
    [InlineData("/console/console.js", "text/javascript")]
    [InlineData("/console/console.css", "text/css")]
    [InlineData("/console/icon.svg", "image/svg+xml")]
    public async Task The_page_needs_no_credentials_and_allows_nothing_but_itself(string path, string type)
    {
        await using var host = await ControlHost.StartAsync(options => options.OperatorTokens.Add(ControlHost.Hash("operator")));

        using var answer = await host.Http.GetAsync(path);

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal(type, answer.Content.Headers.ContentType!.MediaType);
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        using var again = new HttpRequestMessage(HttpMethod.Get, path);
        again.Headers.IfNoneMatch.Add(answer.Headers.ETag!);
        using var unchanged = await host.Http.SendAsync(again);
        Assert.Equal((304, 0), ((int)unchanged.StatusCode, (await unchanged.Content.ReadAsByteArrayAsync()).Length));
    }

    [Fact]
    public async Task The_page_names_no_other_origin_and_holds_no_inline_script_or_style()
    {
        await using var host = await ControlHost.StartAsync();
        var page = await host.Http.GetStringAsync("/");
        foreach (var file in page.Split('"').Where(part => part.StartsWith("/console/", StringComparison.Ordinal)).Distinct())
        {
            Assert.Equal(200, (int)(await host.Http.GetAsync(file)).StatusCode);
        }

        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
        Assert.DoesNotContain("style=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<style", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
        Assert.DoesNotContain(page.Split(' ', '\n'), word => word.StartsWith("on", StringComparison.Ordinal) && word.Contains('='));
    }

    [Fact]
    public async Task The_stream_is_for_operators()
    {
        await using var host = await ControlHost.StartAsync(options =>
        {
            options.OperatorTokens.Add(ControlHost.Hash("operator"));
            options.EngineTokens.Add(new Gateway.Control.Access.EngineToken { Sha256 = ControlHost.Hash("engine") });
        });

        Assert.Equal(401, (await host.GetAsync("/admin/v1/stream")).Status);
        Assert.Equal(401, (await host.GetAsync("/admin/v1/stream?token=operator")).Status);
        Assert.Equal(403, (await host.SendAsync(HttpMethod.Get, "/admin/v1/stream", (string?)null, "engine")).Status);
        await using var reader = await Reader.OpenAsync(host, "operator");
        Assert.Equal("snapshot", (await reader.NextAsync()).Name);
    }

    [Fact]
    public async Task A_snapshot_comes_first_and_then_only_what_changed()
    {
        await using var host = await ControlHost.StartAsync();
        await host.RegisterAsync("a", ControlHost.Registration("a-life"));
        await host.RegisterAsync("b", ControlHost.Registration("b-life", url: "http://127.0.0.1:9002"));
        await Eventually.TrueAsync(async () => (await host.GetAsync("/admin/v1/pools/sim")).Text.Split("\"Active\"").Length == 3);
        await using var reader = await Reader.OpenAsync(host);

        var (name, snapshot) = await reader.NextAsync();
        Assert.Equal("snapshot", name);
        Assert.Equal("silo-test", snapshot.GetProperty("silo").GetString());
        Assert.Superset(new HashSet<string> { "s//", "p/sim/", "i/sim/a", "i/sim/b" }, Keys(snapshot));
        var a = Card(snapshot, "i/sim/a");
        Assert.Equal(("Active", "a-life", "vllm", 1), (a.GetProperty("state").GetString(), a.GetProperty("incarnation").GetString(), a.GetProperty("protocol").GetString(), a.GetProperty("epoch").GetInt32()));
        Assert.Equal(JsonValueKind.Null, a.GetProperty("reportedAt").ValueKind);
        Assert.Contains(snapshot.GetProperty("events").EnumerateArray(), entry => entry.GetProperty("to").GetString() == "Active");

        await host.SendAsync(HttpMethod.Post, "/fleet/v1/pools/sim/instances/a/cordon");

        var changed = await reader.UntilAsync(message => Keys(message).Contains("i/sim/a"));
        Assert.Equal("Cordoned", Card(changed, "i/sim/a").GetProperty("admin").GetString());
        Assert.DoesNotContain("i/sim/b", Keys(changed));
        Assert.DoesNotContain("s//", Keys(changed));

        // What reports is as old as its report: the card holds when, not how long ago.
        await host.HeartbeatAsync("b", ControlHost.Heartbeat("b-life"));
        var reported = await reader.UntilAsync(message => Keys(message).Contains("i/sim/b"));
        Assert.InRange(reported.GetProperty("now").GetInt64() - Card(reported, "i/sim/b").GetProperty("reportedAt").GetInt64(), 0, 20_000);
        Assert.Equal(3, Card(reported, "i/sim/b").GetProperty("running").GetInt32());

        await host.SendAsync(HttpMethod.Post, "/fleet/v1/pools/sim/instances/a/drain");
        await reader.UntilAsync(message => Keys(message).Contains("i/sim/a") && Card(message, "i/sim/a").ValueKind == JsonValueKind.Null);
        await using var late = await Reader.OpenAsync(host);
        Assert.DoesNotContain("i/sim/a", Keys((await late.NextAsync()).Message));
    }

    [Fact]
    public async Task Pools_and_figures_are_the_same_as_where_they_come_from()
    {
        await using var host = await ControlHost.StartAsync();
        await host.RegisterAsync("a", ControlHost.Registration());
        await Eventually.TrueAsync(async () => (await host.GetAsync("/admin/v1/pools/sim")).Text.Contains("\"Active\"", StringComparison.Ordinal));
        var pool = new PoolName("sim");
        await using var reader = await Reader.OpenAsync(host);

        for (var i = 0; i < 40; i++)
        {
            host.Fleet.Instruments.OnRequestStarted(pool);
            host.Fleet.Instruments.OnFirstToken(pool, TimeSpan.FromSeconds(0.04));
            host.Fleet.Instruments.OnStreamCompleted(pool, TimeSpan.FromMilliseconds(22));
            host.Fleet.Instruments.OnRequestEnded(pool, i % 4 == 0 ? Core.Requests.RequestOutcome.EngineError : Core.Requests.RequestOutcome.Completed, TimeSpan.FromSeconds(1), 10);
            host.Fleet.Instruments.OnRetry(pool, Core.Requests.AttemptCause.EpochLost);
        }

        // A sample may fall between two of these. Requests are read first, so when all of them are there, so is the rest.
        var figures = Card(await reader.UntilAsync(message => Keys(message).Contains("f/sim/") && Requests(Card(message, "f/sim/")) == 40), "f/sim/");
        Assert.Equal(40, figures.GetProperty("failovers").GetInt64());
        Assert.Equal(0.25, figures.GetProperty("failuresPerSecond").GetDouble() / figures.GetProperty("requestsPerSecond").GetDouble(), 2);
        Assert.Equal(40, figures.GetProperty("timeToFirstToken").GetProperty("count").GetInt32());
        Assert.InRange(figures.GetProperty("timePerOutputToken").GetProperty("p50").GetDouble(), 0.02, 0.025);
        Assert.InRange(figures.GetProperty("timePerOutputToken").GetProperty("p99").GetDouble(), 0.02, 0.025);
        await using var late = await Reader.OpenAsync(host);
        var pools = Card((await late.NextAsync()).Message, "p/sim/");
        Assert.Equal(("pool", "Healthy"), (pools.GetProperty("judgedBy").GetString(), pools.GetProperty("health").GetString()));

        static long Requests(JsonElement figures) => figures.GetProperty("requestsBySecond").EnumerateArray().Sum(count => count.GetInt64());
    }

    [Fact]
    public async Task A_burst_of_transitions_is_bounded_and_says_how_many_are_missing()
    {
        await using var host = await ControlHost.StartAsync();
        await using var reader = await Reader.OpenAsync(host);
        await reader.NextAsync();

        for (var i = 0; i < 1_000; i++)
        {
            host.Fleet.Events.Add(new FleetEvent { Pool = new PoolName("sim"), What = "health", From = "-", To = "Down", Cause = "NoInstances" });
        }

        var told = 0L;
        while (told < 1_000)
        {
            var (_, message) = await reader.NextAsync();
            var events = message.GetProperty("events").EnumerateArray().Select(entry => entry.GetProperty("sequence").GetInt64()).ToList();
            Assert.True(events.Count <= 200);
            Assert.Equal(events.OrderDescending(), events);
            told += events.Count + message.GetProperty("missed").GetInt64();
        }

        Assert.Equal(1_000, told);
    }

    [Fact]
    public async Task Only_so_many_readers_are_let_in_and_who_leaves_makes_room()
    {
        await using var host = await ControlHost.StartAsync();
        var readers = new Stack<Reader>();
        for (var i = 0; i < ConsoleStream.MaxReaders; i++)
        {
            readers.Push(await Reader.OpenAsync(host));
        }

        Assert.Equal(503, (await host.GetAsync("/admin/v1/stream")).Status);
        await readers.Pop().DisposeAsync();
        await Eventually.TrueAsync(async () =>
        {
            using var answer = await host.Http.GetAsync("/admin/v1/stream", HttpCompletionOption.ResponseHeadersRead);
            return answer.IsSuccessStatusCode;
        });
        foreach (var reader in readers)
        {
            await reader.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_reader_that_does_not_read_costs_nobody_anything_and_gets_the_newest_when_it_does()
    {
        await using var host = await ControlHost.StartAsync();
        await host.RegisterAsync("a", ControlHost.Registration());
        await using var slow = await Reader.OpenAsync(host);
        await using var quick = await Reader.OpenAsync(host);
        await quick.NextAsync();
        for (var i = 1; i <= 200; i++)
        {
            await host.HeartbeatAsync("a", ControlHost.Heartbeat(sequence: i));
        }

        await host.SendAsync(HttpMethod.Post, "/fleet/v1/pools/sim/instances/a/cordon");
        await quick.UntilAsync(message => Keys(message).Contains("i/sim/a") && Card(message, "i/sim/a").GetProperty("admin").GetString() == "Cordoned");

        // Two hundred reports are a handful of messages: each has the newest of each card once.
        var messages = 0;
        await slow.UntilAsync(message =>
        {
            messages++;
            Assert.Equal(Keys(message).Count, message.GetProperty("cards").GetArrayLength());
            return Keys(message).Contains("i/sim/a") && Card(message, "i/sim/a").GetProperty("admin").GetString() == "Cordoned";
        });
        Assert.True(messages < 200, $"{messages} messages");
    }

    private static HashSet<string> Keys(JsonElement message) =>
        [.. message.GetProperty("cards").EnumerateArray().Select(card => card.GetProperty("key").GetString()!)];

    private static JsonElement Card(JsonElement message, string key) =>
        message.GetProperty("cards").EnumerateArray().Single(card => card.GetProperty("key").GetString() == key).GetProperty("card");

    /// <summary>Reads the stream event by event.</summary>
    private sealed class Reader(HttpResponseMessage response, StreamReader lines) : IAsyncDisposable
    {
        public static async Task<Reader> OpenAsync(ControlHost host, string? token = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/v1/stream");
            request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
            var response = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            response.EnsureSuccessStatusCode();
            Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
            return new Reader(response, new StreamReader(await response.Content.ReadAsStreamAsync(), Encoding.UTF8));
        }

        public async Task<(string Name, JsonElement Message)> NextAsync(CancellationToken limit = default)
        {
            var name = "";
            while (await lines.ReadLineAsync(limit) is { } line)
            {
                if (line.StartsWith("event: ", StringComparison.Ordinal))
                {
                    name = line[7..];
                }
                else if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    using var json = JsonDocument.Parse(line[6..]);
                    return (name, json.RootElement.Clone());
                }
            }

            throw new InvalidOperationException("The stream ended.");
        }

        public async Task<JsonElement> UntilAsync(Func<JsonElement, bool> condition)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (true)
            {
                var (_, message) = await NextAsync(limit.Token);
                if (condition(message))
                {
                    return message;
                }
            }
        }

        public ValueTask DisposeAsync()
        {
            lines.Dispose();
            response.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
