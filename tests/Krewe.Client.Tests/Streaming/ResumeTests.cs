using Krewe.Client.Tests.Rig;
using Krewe.EngineSim.Hosting;
using Krewe.Gateway.Lifecycle;
using Microsoft.Extensions.AI;

namespace Krewe.Client.Tests.Streaming;

/// <summary>One answer, whatever becomes of connections and silos: no token twice, none missing.</summary>
public sealed class ResumeTests : IAsyncLifetime
{
    private readonly CutHandler _handler = new();
    private IReadOnlyList<SimEngineHost> _engines = [];
    private TestSilo _silo = null!;
    private string _expected = "";

    public async ValueTask InitializeAsync()
    {
        _engines = await TestEngines.StartAsync();
        _silo = await TestSilo.StartAsync(_engines);
        using var undisturbed = new CutHandler();
        _expected = await Chats.ReadAsync(Chats.Over(undisturbed, Chats.Client(_silo.Url)).AsIChatClient().GetStreamingResponseAsync(Chats.Messages, Chats.Options()));
        Assert.NotEmpty(_expected);
    }

    public async ValueTask DisposeAsync()
    {
        _handler.Dispose();
        await _silo.DisposeAsync();
        await TestEngines.StopAsync(_engines);
    }

    [Fact]
    public async Task A_connection_that_breaks_at_any_event_does_not_show()
    {
        var client = Chats.Over(_handler, Chats.Client(_silo.Url)).AsIChatClient();
        for (var cut = 0; cut <= Chats.Tokens + 3; cut++)
        {
            var before = _handler.Requests.Count;
            _handler.Cut(cut);
            Assert.Equal(_expected, await Chats.ReadAsync(client.GetStreamingResponseAsync(Chats.Messages, Chats.Options())));
            var calls = _handler.Calls.Skip(before).ToList();
            Assert.True(calls is ["POST completions"] or ["POST completions", "GET stream"], $"cut {cut}: {string.Join(", ", calls)}");
        }

        Assert.True(_handler.Calls.Count(call => call == "GET stream") >= Chats.Tokens);
        await _silo.IdleAsync();
    }

    [Fact]
    public async Task Connections_that_break_at_every_event_do_not_show_either()
    {
        var client = Chats.Over(_handler, Chats.Client(_silo.Url)).AsIChatClient();
        for (var i = 0; i < Chats.Tokens; i++)
        {
            _handler.Cut(1);
        }

        Assert.Equal(_expected, await Chats.ReadAsync(client.GetStreamingResponseAsync(Chats.Messages, Chats.Options())));
        Assert.Single(_handler.Calls, call => call == "POST completions");
    }

    [Fact]
    public async Task A_connection_that_falls_silent_is_left_for_another()
    {
        var options = Chats.Client(_silo.Url);
        options.IdleTimeout = TimeSpan.FromMilliseconds(300);
        var client = Chats.Over(_handler, options).AsIChatClient();
        _handler.Cut(5, silently: true);
        Assert.Equal(_expected, await Chats.ReadAsync(client.GetStreamingResponseAsync(Chats.Messages, Chats.Options())));
        Assert.Equal(["POST completions", "GET stream"], _handler.Calls);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(Chats.Tokens)]
    [InlineData(Chats.Tokens + 1)]
    public async Task A_silo_that_dies_and_comes_back_does_not_show(int at)
    {
        var client = Chats.Over(_handler, Chats.Client(_silo.Url)).AsIChatClient();
        var killed = false;
        _handler.OnEvent = async events =>
        {
            if (events == at && !killed)
            {
                killed = true;
                await _silo.KillAsync();
                await _silo.ComeUpAsync();
            }
        };
        Assert.Equal(_expected, await Chats.ReadAsync(client.GetStreamingResponseAsync(Chats.Messages, Chats.Options())));
        Assert.True(killed);
        await _silo.IdleAsync();
    }

    [Fact]
    public async Task Another_silo_takes_up_what_a_dead_one_served()
    {
        await using var other = await TestSilo.StartAsync(_engines);
        for (var at = 1; at <= Chats.Tokens; at += 5)
        {
            var client = Chats.Over(_handler, Chats.Client(_silo.Url, other.Url)).AsIChatClient();
            var killed = false;
            var kill = at;
            _handler.OnEvent = async events =>
            {
                if (events == kill && !killed)
                {
                    killed = true;
                    await (_handler.Requests[^1].RequestUri!.Port == _silo.Url.Port ? _silo : other).KillAsync();
                }
            };
            Assert.Equal(_expected, await Chats.ReadAsync(client.GetStreamingResponseAsync(Chats.Messages, Chats.Options())));
            Assert.Equal("POST completions", _handler.Calls[^1]);
            _handler.OnEvent = null;
            await _silo.KillAsync();
            await other.KillAsync();
            await _silo.ComeUpAsync();
            await other.ComeUpAsync();
        }
    }

    [Fact]
    public async Task What_is_left_at_the_end_of_a_silo_s_grace_goes_on_at_another()
    {
        await using var going = await TestSilo.StartAsync(_engines, new ShutdownOptions { Settle = TimeSpan.Zero, Grace = TimeSpan.Zero });
        var options = Chats.Client(going.Url);
        var client = Chats.Over(_handler, options);
        var request = await client.StartAsync(Chats.Messages, Chats.Options());
        var first = await request.StreamAsync().Take(3).ToListAsync();
        Task? drain = null;
        _handler.OnEvent = events =>
        {
            drain ??= going.Lifetime.DrainAsync(CancellationToken.None);
            return Task.CompletedTask;
        };
        var both = Chats.Over(_handler, Chats.Client(going.Url, _silo.Url)).Attach(request.Save());
        var rest = await both.StreamAsync().ToListAsync();
        Assert.Equal(_expected, string.Concat(first.Concat(rest).Select(update => update.Text)));
        Assert.NotNull(drain);
        await drain;
        await request.DisposeAsync();
        await both.DisposeAsync();
    }

    [Fact]
    public async Task A_request_is_taken_up_by_another_process()
    {
        var first = await Chats.Over(_handler, Chats.Client(_silo.Url)).StartAsync(Chats.Messages, Chats.Options());
        Assert.NotNull(first.Id);
        var text = string.Concat((await first.StreamAsync().Take(4).ToListAsync()).Select(update => update.Text));
        var saved = first.Save();
        await first.DisposeAsync();

        using var otherHandler = new CutHandler();
        var second = Chats.Over(otherHandler, Chats.Client(_silo.Url)).Attach(saved);
        Assert.Equal(first.Id, second.Id);
        text += string.Concat((await second.StreamAsync().Take(4).ToListAsync()).Select(update => update.Text));
        saved = second.Save();
        await second.DisposeAsync();

        // And by one that finds the silo gone.
        await _silo.KillAsync();
        await _silo.ComeUpAsync();
        var third = Chats.Over(otherHandler, Chats.Client(_silo.Url)).Attach(saved);
        text += (await third.GetResponseAsync()).Text;
        Assert.Equal(_expected, text);
        Assert.NotEqual(first.Id, third.Id);
        Assert.True(third.IsCompleted);
        Assert.Empty(await third.StreamAsync().ToListAsync());
        await third.DisposeAsync();
    }

    [Fact]
    public async Task A_request_can_be_described_read_from_its_beginning_and_ended_by_its_id()
    {
        var client = Chats.Over(_handler, Chats.Client(_silo.Url));
        await using var begun = await client.StartAsync(Chats.Messages, Chats.Options(4_000));
        await using var known = client.GetRequest(begun.Id!);
        var description = await known.DescribeAsync();
        Assert.Equal((begun.Id, "sim-model", true), (description.Id, description.Model, description.Resumable));
        var some = await known.StreamAsync().Take(10).ToListAsync();
        Assert.StartsWith(string.Concat(some.Select(update => update.Text)), _expected + _expected, StringComparison.Ordinal);
        await known.CancelAsync();
        await _silo.IdleAsync();
        Assert.Equal("client_gone", (await known.DescribeAsync()).Outcome);
        var error = await Assert.ThrowsAsync<KreweException>(async () => await known.StreamAsync().ToListAsync());
        Assert.Equal(KreweErrorCode.RequestGone, error.Code);
    }

    [Fact]
    public async Task Who_leaves_early_ends_the_request()
    {
        var client = Chats.Over(_handler, Chats.Client(_silo.Url)).AsIChatClient();
        await foreach (var _ in client.GetStreamingResponseAsync(Chats.Messages, Chats.Options(4_000)))
        {
            break;
        }

        Assert.Equal("DELETE", _handler.Requests[^1].Method.Method);
        await _silo.IdleAsync();
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in client.GetStreamingResponseAsync(Chats.Messages, Chats.Options(4_000), stop.Token))
            {
                await stop.CancelAsync();
            }
        });
        await _silo.IdleAsync();
    }

    [Fact]
    public async Task What_cannot_be_continued_soundly_is_an_error_that_says_so()
    {
        var client = Chats.Over(_handler, Chats.Client(_silo.Url)).AsIChatClient();
        var options = Chats.Options();
        options.Seed = 7;
        var killed = false;
        _handler.OnEvent = async events =>
        {
            if (events == 6 && !killed)
            {
                killed = true;
                await _silo.KillAsync();
                await _silo.ComeUpAsync();
            }
        };
        var error = await Assert.ThrowsAsync<KreweException>(async () => await client.GetStreamingResponseAsync(Chats.Messages, options).ToListAsync());
        Assert.Equal(("invalid_request", "krewe.resume", 400, false), (error.Code, error.Param, error.Status, error.IsRetryable));
        Assert.NotNull(error.RequestId);
    }

    [Fact]
    public async Task One_reads_at_a_time()
    {
        await using var request = await Chats.Over(_handler, Chats.Client(_silo.Url)).StartAsync(Chats.Messages, Chats.Options());
        await foreach (var _ in request.StreamAsync())
        {
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await request.StreamAsync().ToListAsync());
        }

        Assert.True(request.IsCompleted);
    }

    [Fact]
    public async Task A_whole_answer_is_as_robust_and_bears_what_was_asked_for()
    {
        var client = Chats.Over(_handler, Chats.Client(_silo.Url)).AsIChatClient();
        _handler.Cut(6);
        var options = Chats.Options().WithKrewe(new KreweCall
        {
            Priority = KrewePriority.High,
            Deadline = TimeSpan.FromSeconds(30),
            Session = "s1",
            ClientRequestId = "mine-1",
            ResumeFor = TimeSpan.FromSeconds(7),
        });
        var answer = await client.GetResponseAsync(Chats.Messages, options);
        Assert.Equal(_expected, answer.Text);
        Assert.Equal((ChatFinishReason.Length, (long?)Chats.Tokens, "sim-model"), (answer.FinishReason, answer.Usage?.OutputTokenCount, answer.ModelId));
        var headers = _handler.Requests[0].Headers;
        Assert.Equal(("high", "s1", "mine-1", "7000"), (One("Krewe-Priority"), One("Krewe-Session"), One("X-Request-Id"), One("Krewe-Resume-Ms")));
        Assert.InRange(int.Parse(One("Krewe-Deadline-Ms"), System.Globalization.CultureInfo.InvariantCulture), 20_000, 30_000);

        string One(string name) => headers.GetValues(name).Single();
    }
}
