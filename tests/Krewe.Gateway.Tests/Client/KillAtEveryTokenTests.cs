using System.Net;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Requests;
using Krewe.EngineSim.Engine;
using Krewe.EngineSim.Faults;
using Krewe.EngineSim.Hosting;
using Krewe.EngineSim.Protocol;
using Krewe.EngineSim.Tokens;
using Krewe.Testing;

namespace Krewe.Gateway.Tests.Client;

/// <summary>An engine breaks off at every token of an answer, and the client sees the very stream that it sees of an engine that lives.</summary>
public sealed class KillAtEveryTokenTests : IAsyncLifetime
{
    private const int Tokens = 64;

    // Fewer failures than would open a breaker.
    private const int KillsPerSilo = 4;

    private readonly List<SimEngineHost> _engines = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var engine in _engines)
        {
            await engine.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public Task A_kill_at_any_token_changes_no_byte(bool chat, bool pair) => RunAsync(chat, pair, ContinuationMode.Auto);

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public Task Nor_does_it_where_streams_go_on_by_token_ids(bool chat, bool pair) => RunAsync(chat, pair, ContinuationMode.Tokens);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Nor_where_characters_come_in_halves(bool chat) =>
        RunAsync(chat, pair: false, ContinuationMode.Auto, shape: new SimStreamShape { SplitCharacters = true, SplitWrites = true });

    [Theory]
    [InlineData(ContinuationMode.Auto)]
    [InlineData(ContinuationMode.Tokens)]
    public Task Nor_where_a_chunk_has_several_tokens_and_half_a_character(ContinuationMode mode) =>
        RunAsync(chat: true, pair: false, mode, shape: new SimStreamShape { SplitCharacters = true, TokensPerChunk = 3 });

    [Theory]
    [InlineData(ContinuationMode.Auto, true)]
    [InlineData(ContinuationMode.Tokens, false)]
    public Task Nor_where_some_chunks_have_no_text(ContinuationMode mode, bool chat) =>
        RunAsync(chat, pair: true, mode, shape: new SimStreamShape { EmptyEvery = 5, Comments = true, Crlf = true });

    [Theory]
    [InlineData(ChatTemplate.Trims)]
    [InlineData(ChatTemplate.Inserts)]
    public Task Nor_where_a_template_changes_partial_answers_and_their_token_ids_are_known(ChatTemplate template) =>
        RunAsync(chat: true, pair: true, ContinuationMode.Auto, template);

    private static PoolDefinition PoolOf(ContinuationMode mode) => GatewayFixture.QuickPool() with { Continuation = mode, Idle = TimeSpan.FromSeconds(5) };

    /// <summary>Odd kills tell no usage, every third answer ends by itself, every sixth with the very token of the kill; so usage, limit and end are all met at many tokens.</summary>
    private static object Body(bool chat, int kill) => chat
        ? new
        {
            model = "sim-model",
            messages = new[] { new { role = "system", content = "Ça va." }, new { role = "user", content = "Name the parades. 祭" } },
            max_tokens = Tokens,
            stream = true,
            stream_options = kill % 2 == 0 ? new { include_usage = true } : null,
            krewe_sim = Hooks(kill),
        }
        : new
        {
            model = "sim-model",
            prompt = "The parades of \"New Orleans\" are 🎺",
            max_tokens = Tokens,
            stream = true,
            stream_options = kill % 2 == 0 ? new { include_usage = true } : null,
            krewe_sim = Hooks(kill),
        };

    private static object Hooks(int kill) => new
    {
        // The token that ends an answer by itself is one more.
        answer_tokens = kill % 6 == 0 && kill > 0 ? kill - 1 : kill % 3 == 0 ? Math.Max(kill, Tokens - 10) : 1_000,
    };

    private async Task RunAsync(bool chat, bool pair, ContinuationMode mode, ChatTemplate template = ChatTemplate.Sound, SimStreamShape? shape = null)
    {
        var victim = await EngineAsync(pair ? "d1" : "m1", pair ? InstanceRole.Decode : InstanceRole.Mixed, template, shape);
        await EngineAsync(pair ? "d2" : "m2", victim.Role, template, shape);
        if (pair)
        {
            await EngineAsync("p1", InstanceRole.Prefill, template, shape);
        }

        for (var first = 0; first <= Tokens; first += KillsPerSilo)
        {
            await using var gateway = await StartAsync(mode);
            if (template != ChatTemplate.Sound)
            {
                await LearnTemplatesAsync(gateway);
            }

            for (var kill = first; kill < first + KillsPerSilo && kill <= Tokens; kill++)
            {
                await KillAtAsync(gateway, victim, chat, kill, shape?.TokensPerChunk ?? 1);
            }

            await gateway.IdleAsync();
        }
    }

    private static async Task KillAtAsync(GatewayFixture gateway, SimEngineHost victim, bool chat, int kill, int tokensPerChunk)
    {
        var path = chat ? "/v1/chat/completions" : "/v1/completions";
        using var undisturbed = await gateway.PostAsync(path, Body(chat, kill));
        var expected = await Answer.ReadAsync(undisturbed);
        Assert.True(expected.IsDone, $"kill {kill}: undisturbed");
        Assert.Single((await gateway.RequestAsync(undisturbed)).Attempts);

        var before = Continuations(gateway);
        victim.Faults.Cut(kill, SimCut.Fin, count: 1);
        for (var tries = 0; tries < 100; tries++)
        {
            using var response = await gateway.PostAsync(path, Body(chat, kill));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var got = await Answer.ReadAsync(response);
            var request = await gateway.RequestAsync(response);
            var what = $"kill {kill}: {string.Join(", ", request.Attempts.Select(one => $"{one.Decode.Name} {one.Cause} {one.TokensSent}"))}";
            Assert.True(got.IsDone, what);
            Assert.False(got.IsCut, what);
            Assert.True(expected.Text == got.Text, $"{what}\n{expected.Text}\n{got.Text}");
            Assert.True(expected.Finish == got.Finish, what);
            Assert.True(expected.Usage == got.Usage, $"{what} {expected.Usage} {got.Usage}");
            Assert.Equal(RequestOutcome.Completed, request.Outcome);
            if (request.Attempts[0].Decode.Name != victim.Name)
            {
                Assert.Single(request.Attempts);
                continue;
            }

            // The fault took effect, at this very token.
            Assert.True(request.Attempts[0].Cause is AttemptCause.StreamBroken or AttemptCause.ConnectionReset, what);
            Assert.InRange(request.Attempts[0].TokensSent, kill - tokensPerChunk - 1, kill);
            if (expected.Usage is { } usage)
            {
                Assert.True(usage.Completion == request.TokensSent, what);
            }

            // Where the client has the whole answer there is nothing left to run.
            var isWhole = request.Attempts[0].TokensSent == request.TokensSent && request.Attempts.Count == 1;
            Assert.Equal(isWhole ? 1 : 2, request.Attempts.Count);
            Assert.Equal(expected.Usage?.Completion == kill, isWhole);
            var counted = Continuations(gateway).Except(before).Select(series => series.Outcome).ToList();
            if (request.Attempts[0].TokensSent > 0)
            {
                Assert.Equal(isWhole ? "finished" : "continued", Assert.Single(counted));
            }
            else
            {
                // Whether a chat's role had gone out by then, is chance.
                Assert.All(counted, outcome => Assert.Equal("restarted", outcome));
            }

            return;
        }

        Assert.Fail($"kill {kill}: the victim was never asked");
    }

    private static List<(string Outcome, string Series)> Continuations(GatewayFixture gateway) =>
        [.. gateway.Counters.Of("krewe.continuations").Select(series => (series[(series.IndexOf('=') + 1)..series.IndexOf(',')], series))];

    private async Task<GatewayFixture> StartAsync(ContinuationMode mode)
    {
        var gateway = await GatewayFixture.StartAsync(PoolOf(mode), fleet: new() { AvoidFailed = TimeSpan.FromMilliseconds(1) });
        foreach (var engine in _engines)
        {
            await gateway.RegisterAsync(engine.Name, engine.Role, engine.Url, engine.Incarnation);
        }

        return gateway;
    }

    /// <summary>The first chat on an engine has its template tested; from then on it is asked for token ids where the template needs them.</summary>
    private async Task LearnTemplatesAsync(GatewayFixture gateway)
    {
        var learnt = new HashSet<string>();
        await Eventually.TrueAsync(
            async () =>
            {
                using var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(stream: true));
                await response.Content.ReadAsStringAsync();
                var served = (await gateway.RequestAsync(response)).Attempts[0].Decode.Name;
                var engine = _engines.Single(one => one.Name == served);
                if (System.Text.Encoding.UTF8.GetString(engine.Received.Last().Body.Span).Contains("return_token_ids", StringComparison.Ordinal))
                {
                    learnt.Add(engine.Name);
                }

                return learnt.Count == _engines.Count(one => one.Role != InstanceRole.Prefill);
            },
            what: "the templates are tested");
    }

    private async Task<SimEngineHost> EngineAsync(string name, InstanceRole role, ChatTemplate template, SimStreamShape? shape)
    {
        var engine = await SimEngineHost.StartAsync(new SimEngineOptions
        {
            Name = name,
            Role = role,
            Timing = SimTiming.Instant,
            Template = template,
            KeepsRequests = 1,
            Shape = shape ?? SimStreamShape.Plain,
        });
        _engines.Add(engine);
        return engine;
    }
}
