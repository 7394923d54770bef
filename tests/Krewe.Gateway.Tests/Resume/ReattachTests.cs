using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Randomness;
using Krewe.Core.Requests;
using Krewe.EngineSim.Engine;
using Krewe.EngineSim.Hosting;
using Krewe.Fleet.Resume;
using Krewe.Gateway.Client;
using Krewe.Gateway.Lifecycle;
using Krewe.Gateway.Tests.Client;
using Krewe.Testing;

namespace Krewe.Gateway.Tests.Resume;

/// <summary>A client whose connection breaks reads on by the request's id.</summary>
public sealed class ReattachTests
{
    private const int Tokens = 24;

    private static readonly (string, string) Minute = ("Krewe-Resume-Ms", "60000");

    [Fact]
    public async Task Events_have_numbers_and_are_otherwise_those_of_any_stream()
    {
        await using var gateway = await StartAsync();
        await gateway.EngineAsync("m1", InstanceRole.Mixed);
        using var plain = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(stream: true, maxTokens: Tokens));
        Assert.False(plain.Headers.Contains("Krewe-Resume-Ms"));
        var text = Sse.Text(await Sse.DataAsync(plain).ToListAsync());

        using var held = await OpenAsync(gateway, Minute);
        var events = await held.ReadAsync();
        Assert.Equal("60000", held.Response.Headers.GetValues("Krewe-Resume-Ms").Single());
        Assert.Equal(Enumerable.Range(0, events.Count), events.Select(one => one.Number));
        Assert.Equal(text, string.Concat(events.Select(one => one.Text)));
        Assert.True(events[^1].IsDone);
        Assert.False(held.IsCut);

        // Each tells how far it came: who posts again has to know.
        Assert.Equal(Enumerable.Range(1, Tokens), events.Where(one => one.Text is { Length: > 0 }).Select(one => one.Tokens!.Value));
        await gateway.IdleAsync();
    }

    [Fact]
    public async Task A_stream_that_is_cut_at_any_event_goes_on_behind_it_and_again()
    {
        await using var gateway = await StartAsync();
        await gateway.EngineAsync("m1", InstanceRole.Mixed, Paced);
        using var undisturbed = await OpenAsync(gateway, Minute);
        var expected = await undisturbed.ReadAsync();
        for (var cut = 1; cut <= expected.Count; cut++)
        {
            using var first = await OpenAsync(gateway, Minute);
            var events = await first.ReadAsync(cut);
            first.Dispose();
            using var second = await AttachAsync(gateway, first.Id, cut - 1);
            Assert.Equal(HttpStatusCode.OK, second.Response.StatusCode);
            events.AddRange(await second.ReadAsync(2));
            second.Dispose();
            using var third = await AttachAsync(gateway, first.Id, events[^1].Number);
            events.AddRange(await third.ReadAsync());
            Assert.Equal(expected.Select(one => (one.Number, one.Text, one.Finish, one.Tokens)), events.Select(one => (one.Number, one.Text, one.Finish, one.Tokens)));
            Assert.True(events[^1].IsDone);
            Assert.False(third.IsCut);
            var request = await gateway.RequestAsync(first.Response);
            Assert.Equal((RequestOutcome.Completed, 1), (request.Outcome, request.Attempts.Count));
        }

        Assert.Contains($"{{outcome=attached}} {2 * expected.Count}", gateway.Counters.Of("krewe.resumes"));
        await gateway.IdleAsync();
    }

    [Fact]
    public async Task A_stream_that_has_ended_can_be_had_again_from_any_event()
    {
        await using var gateway = await StartAsync();
        await gateway.EngineAsync("m1", InstanceRole.Mixed);
        using var held = await OpenAsync(gateway, Minute);
        var expected = await held.ReadAsync();
        await gateway.RequestAsync(held.Response);
        for (var after = -1; after < expected.Count; after++)
        {
            using var again = await AttachAsync(gateway, held.Id, after);
            Assert.Equal(expected.Skip(after + 1), await again.ReadAsync());
        }

        using var whole = await gateway.Http.GetAsync($"/v1/requests/{held.Id}/stream");
        using var connection = new HeldConnection(whole);
        Assert.Equal(expected, await connection.ReadAsync());
        using var ahead = await AttachAsync(gateway, held.Id, expected.Count);
        Assert.Equal(HttpStatusCode.BadRequest, ahead.Response.StatusCode);
        Assert.Equal("Last-Event-ID", (await GatewayFixture.ErrorAsync(ahead.Response)).GetProperty("param").GetString());
    }

    [Fact]
    public async Task A_request_runs_on_without_its_client_until_the_time_is_over()
    {
        await using var gateway = await StartAsync();
        var engine = await gateway.EngineAsync("m1", InstanceRole.Mixed, Paced);
        using var held = await OpenAsync(gateway, ("Krewe-Resume-Ms", "250"), maxTokens: 4_000);
        var events = await held.ReadAsync(3);
        var before = engine.State.GeneratedTokens;
        held.Dispose();
        await Eventually.TrueAsync(() => engine.State.GeneratedTokens > before + 5, what: "the engine goes on");
        await gateway.IdleAsync();
        Assert.Equal(RequestOutcome.ClientGone, (await gateway.RequestAsync(held.Response)).Outcome);
        using var late = await AttachAsync(gateway, held.Id, events[^1].Number);
        await AssertGoneAsync(late.Response);
    }

    [Fact]
    public async Task Who_leaves_before_the_first_event_cannot_come_back_and_is_not_waited_for()
    {
        await using var gateway = await StartAsync();
        var engine = await gateway.EngineAsync("m1", InstanceRole.Mixed, options => options with { Timing = new SimTiming { FixedTtft = TimeSpan.FromMinutes(1) } });
        using var leave = new CancellationTokenSource();
        var call = gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(stream: true), leave.Token, Minute);
        await Eventually.TrueAsync(() => engine.State.Running == 1, what: "the engine works");
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await gateway.IdleAsync();
    }

    [Fact]
    public async Task The_newer_connection_wins_and_the_older_is_told_so()
    {
        await using var gateway = await StartAsync();
        await gateway.EngineAsync("m1", InstanceRole.Mixed, Paced);
        using var older = await OpenAsync(gateway, Minute);
        var events = await older.ReadAsync(3);
        using var newer = await AttachAsync(gateway, older.Id, events[^1].Number);
        events.AddRange(await newer.ReadAsync());
        Assert.True(events[^1].IsDone);
        Assert.Equal(Enumerable.Range(0, events.Count), events.Select(one => one.Number));
        var rest = await older.ReadAsync();
        Assert.Equal(("attached_elsewhere", -1), (rest[^1].ErrorCode, rest[^1].Number));
        Assert.True(older.IsCut);
    }

    [Theory]
    [InlineData("kr-00000000000000000000000000000000")]
    [InlineData("nonsense")]
    public async Task What_is_not_known_is_gone(string id)
    {
        await using var gateway = await StartAsync();
        using var stream = await AttachAsync(gateway, id, 0);
        await AssertGoneAsync(stream.Response);
        using var description = await gateway.Http.GetAsync($"/v1/requests/{id}");
        await AssertGoneAsync(description);
        using var cancelled = await gateway.Http.DeleteAsync($"/v1/requests/{id}");
        await AssertGoneAsync(cancelled);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("-2")]
    [InlineData("1.5")]
    public async Task A_bad_header_is_named(string value)
    {
        await using var gateway = await StartAsync();
        var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/requests/{RequestId.New(new SeededRandom(1))}/stream");
        request.Headers.TryAddWithoutValidation("Last-Event-ID", value);
        using var attach = await gateway.Http.SendAsync(request);
        Assert.Equal("Last-Event-ID", (await GatewayFixture.ErrorAsync(attach)).GetProperty("param").GetString());
        using var post = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(stream: true), default, ("Krewe-Resume-Ms", value));
        Assert.Equal(HttpStatusCode.BadRequest, post.StatusCode);
        Assert.Equal("Krewe-Resume-Ms", (await GatewayFixture.ErrorAsync(post)).GetProperty("param").GetString());
    }

    [Fact]
    public async Task A_request_is_ended_by_its_id_and_its_reader_told()
    {
        await using var gateway = await StartAsync();
        await gateway.EngineAsync("m1", InstanceRole.Mixed, Paced);
        using var held = await OpenAsync(gateway, Minute, maxTokens: 4_000);
        await held.ReadAsync(3);
        var running = await gateway.Http.GetFromJsonAsync<JsonElement>($"/v1/requests/{held.Id}");
        Assert.Equal(("Decoding", true), (running.GetProperty("state").GetString(), running.GetProperty("resumable").GetBoolean()));
        using var cancelled = await gateway.Http.DeleteAsync($"/v1/requests/{held.Id}");
        Assert.Equal(HttpStatusCode.NoContent, cancelled.StatusCode);
        var rest = await held.ReadAsync();
        Assert.Equal("cancelled", rest[^1].ErrorCode);
        Assert.True(held.IsCut);
        await gateway.IdleAsync();
        await gateway.RequestAsync(held.Response);
        var ended = await gateway.Http.GetFromJsonAsync<JsonElement>($"/v1/requests/{held.Id}");
        Assert.Equal(("Cancelled", "client_gone"), (ended.GetProperty("state").GetString(), ended.GetProperty("outcome").GetString()));
        using var again = await gateway.Http.DeleteAsync($"/v1/requests/{held.Id}");
        Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
        using var attach = await AttachAsync(gateway, held.Id, 2);
        await AssertGoneAsync(attach.Response);
    }

    [Fact]
    public async Task A_reader_by_way_of_another_silo_that_is_between_two_reads_is_told_of_the_end_too_and_newcomers_are_not()
    {
        await using var gateway = await StartAsync();
        await gateway.EngineAsync("m1", InstanceRole.Mixed, Paced);
        using var held = await OpenAsync(gateway, Minute, maxTokens: 4_000);
        var events = await held.ReadAsync(3);
        Assert.True(RequestId.TryParse(held.Id, out var id));
        var holder = gateway.Fleet.RequestHolder!;
        var tenant = TenantId.Anonymous;
        var batch = await holder.ReadAsync(id, tenant, events[^1].Number, 0, default);
        Assert.Equal(StreamStatus.Open, batch.Status);
        using var cancelled = await gateway.Http.DeleteAsync($"/v1/requests/{held.Id}");
        Assert.Equal(HttpStatusCode.NoContent, cancelled.StatusCode);
        await gateway.RequestAsync(held.Response);
        using var newcomer = await AttachAsync(gateway, held.Id, 2);
        await AssertGoneAsync(newcomer.Response);
        var text = "";
        while (batch.Status == StreamStatus.Open)
        {
            batch = await holder.ReadAsync(id, tenant, batch.Through, batch.Reader, default);
            text += Encoding.UTF8.GetString(batch.Events.Span);
        }

        Assert.Equal(StreamStatus.Cut, batch.Status);
        Assert.Contains("\"cancelled\"", text, StringComparison.Ordinal);
        Assert.Equal(StreamStatus.Gone, (await holder.ReadAsync(id, tenant, batch.Through, batch.Reader, default)).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_that_is_not_held_is_ended_by_its_id_too(bool stream)
    {
        await using var gateway = await StartAsync();
        var engine = await gateway.EngineAsync("m1", InstanceRole.Mixed, Paced);
        var call = gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(stream: stream, maxTokens: 4_000));
        await Eventually.TrueAsync(() => engine.State.Running == 1, what: "the engine works");
        using var response = stream ? await call : null;
        var id = engine.Received.Last().Headers.Single(header => header.Key.Equals("X-Request-Id", StringComparison.OrdinalIgnoreCase)).Value.ToString();
        using var cancelled = await gateway.Http.DeleteAsync($"/v1/requests/{id}");
        Assert.Equal(HttpStatusCode.NoContent, cancelled.StatusCode);
        await Assert.ThrowsAnyAsync<Exception>(async () => await (response ?? await call).Content.ReadAsStringAsync());
        await gateway.IdleAsync();
    }

    [Fact]
    public async Task What_an_engine_refuses_is_an_ordinary_error()
    {
        await using var gateway = await StartAsync();
        var engine = await gateway.EngineAsync("m1", InstanceRole.Mixed);
        engine.Faults.Reject(400, count: 1);
        using var refused = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(stream: true), default, Minute);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        await GatewayFixture.ErrorAsync(refused);
        using var unknown = await gateway.PostAsync("/v1/chat/completions", """{"model":"none","messages":[{"role":"user","content":"q"}],"stream":true}""", default, Minute);
        Assert.Equal("model_not_found", (await GatewayFixture.ErrorAsync(unknown)).GetProperty("code").GetString());
        await gateway.IdleAsync();
    }

    [Fact]
    public async Task What_is_left_at_the_end_of_the_grace_is_handed_to_the_client_to_resume()
    {
        await using var gateway = await GatewayFixture.StartAsync(
            GatewayFixture.QuickPool(), new ShutdownOptions { Settle = TimeSpan.Zero, Grace = TimeSpan.FromMilliseconds(50) });
        await gateway.EngineAsync("m1", InstanceRole.Mixed, Paced);
        using var read = await OpenAsync(gateway, Minute, maxTokens: 4_000);
        using var left = await OpenAsync(gateway, Minute, maxTokens: 4_000);
        await read.ReadAsync(2);
        await left.ReadAsync(2);
        left.Dispose();
        await gateway.Lifetime.DrainAsync(CancellationToken.None);
        var rest = await read.ReadAsync();
        Assert.Equal("draining", rest[^1].ErrorCode);
        Assert.True(rest[^1].Number > 0);
        Assert.True(read.IsCut);
        Assert.Equal(0, gateway.Lifetime.Running);
        await gateway.IdleAsync();
    }

    [Fact]
    public async Task A_reader_that_does_not_read_holds_the_engine_up_and_loses_nothing()
    {
        await using var gateway = await StartAsync(new ClientPortOptions { MaxResumeBytes = 16 << 10 });
        var engine = await gateway.EngineAsync("m1", InstanceRole.Mixed, Paced);
        using var plain = await OpenAsync(gateway, Minute, maxTokens: 600);
        var expected = string.Concat((await plain.ReadAsync()).Select(one => one.Text));

        // Slow until it is known here that the reader has gone: what is written to its connection before counts as sent.
        engine.Faults.Slow(100);
        using var held = await OpenAsync(gateway, Minute, maxTokens: 600);
        var events = await held.ReadAsync(1);
        held.Dispose();
        await Eventually.TrueAsync(() => gateway.Lifetime.Running == 1, what: "the request runs without its reader");
        engine.Faults.Slow(1);

        // Nobody reads: it is made until the buffer is full, and goes on when somebody comes.
        var (made, since) = (-1L, 0);
        await Eventually.TrueAsync(
            () =>
            {
                since = engine.State.GeneratedTokens == made ? since + 1 : 0;
                made = engine.State.GeneratedTokens;
                return since == 10;
            },
            what: "the engine is held up, or done");
        using var again = await AttachAsync(gateway, held.Id, 0);
        events.AddRange(await again.ReadAsync());
        Assert.Equal(expected, string.Concat(events.Select(one => one.Text)));
        Assert.Equal(Enumerable.Range(0, events.Count), events.Select(one => one.Number));

        // What was sent long ago has made way.
        using var missed = await AttachAsync(gateway, held.Id, 0);
        await AssertGoneAsync(missed.Response);
        using var near = await AttachAsync(gateway, held.Id, events.Count - 3);
        Assert.Equal(events.Skip(events.Count - 2), await near.ReadAsync());
        Assert.Contains("{outcome=missed} 1", gateway.Counters.Of("krewe.resumes"));
        Assert.True(engine.State.Dispatches >= 2);
    }

    [Fact]
    public async Task Streams_that_have_ended_make_way_for_new_ones_and_where_none_has_the_new_one_is_not_held()
    {
        // Room for the heads of three streams.
        await using var gateway = await StartAsync(new ClientPortOptions { MaxResumeBytes = 2_000, MaxResumeBytesTotal = 3_500 });
        await gateway.EngineAsync("m1", InstanceRole.Mixed, Paced);
        var first = await OpenAsync(gateway, Minute, maxTokens: 1);
        await first.ReadAsync();
        await gateway.RequestAsync(first.Response);
        var running = new List<HeldConnection>();
        for (var i = 0; i < 3; i++)
        {
            running.Add(await OpenAsync(gateway, Minute, maxTokens: 2_000));
            Assert.NotEmpty(await running[^1].ReadAsync(1));
        }

        Assert.Contains(running, one => !one.Response.Headers.Contains("Krewe-Resume-Ms"));
        using var attach = await AttachAsync(gateway, first.Id, 0);
        await AssertGoneAsync(attach.Response);
        first.Dispose();
        foreach (var one in running)
        {
            using var _ = await gateway.Http.DeleteAsync($"/v1/requests/{one.Id}");
            one.Dispose();
        }

        await gateway.IdleAsync();
    }

    private static SimEngineOptions Paced(SimEngineOptions options) => options with { Timing = new SimTiming { StepBase = TimeSpan.FromMilliseconds(2) } };

    private static Task<GatewayFixture> StartAsync(ClientPortOptions? options = null) => GatewayFixture.StartAsync(options: options);

    private static async Task<HeldConnection> OpenAsync(GatewayFixture gateway, (string, string) resume, int maxTokens = Tokens)
    {
        var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(stream: true, maxTokens: maxTokens), default, resume);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return new HeldConnection(response);
    }

    private static async Task<HeldConnection> AttachAsync(GatewayFixture gateway, string id, int after)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/requests/{id}/stream");
        if (after >= 0)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", after.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        return new HeldConnection(await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
    }

    private static async Task AssertGoneAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("request_gone", (await GatewayFixture.ErrorAsync(response)).GetProperty("code").GetString());
    }
}
