using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.EngineSim.Hosting;
using Krewe.EngineSim.Tokens;
using Krewe.Testing;

namespace Krewe.EngineSim.Tests.Http;

/// <summary>Prefill on one engine, decode on another, as the NIXL connector has it.</summary>
public sealed class DisaggregationTests
{
    private const string Completions = "/v1/completions";
    private const string Prompt = "A prompt that is long enough for a few blocks of tokens, so that something is there to be moved from here to there.";

    private static string PrefillBody(string more = "") =>
        $$"""{"prompt":"{{Prompt}}","max_tokens":1,"stream":false,"kv_transfer_params":{"do_remote_decode":true,"do_remote_prefill":false,"remote_engine_id":null,"remote_block_ids":null,"remote_host":null,"remote_port":null}{{more}}}""";

    private static string DecodeBody(JsonNode? transfer, string more = "") => $$"""{"prompt":"{{Prompt}}","max_tokens":8,"kv_transfer_params":{{transfer?.ToJsonString() ?? "null"}}{{more}}}""";

    private static async Task<JsonNode> PrefillAsync(EngineClient prefill, string requestId = "r1")
    {
        var answer = await prefill.JsonAsync(Completions, PrefillBody(), requestId);
        Assert.Equal("length", answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        return JsonNode.Parse(answer.GetProperty("kv_transfer_params").GetRawText())!;
    }

    public static TheoryData<bool> Timings => [true, false];

    private static SimEngineOptions Options(string name, bool isInstant = false) => (isInstant ? EngineFixture.Instant : EngineFixture.Quick) with { Name = name };

    [Theory]
    [MemberData(nameof(Timings))]
    public async Task ADecodeLeg_ReadsWhatThePrefillLegHolds_AndFreesIt(bool isInstant)
    {
        await using var engines = new EngineFixture();
        var (p, prefill) = await engines.StartAsync(Options("p", isInstant));
        var (d, decode) = await engines.StartAsync(Options("d", isInstant));
        var transfer = await PrefillAsync(prefill);
        Assert.Equal((1, p.State.LeasedBlocks), (p.State.LeasesHeld, p.State.BlocksInUse));
        Assert.True(p.State.LeasedBlocks > 1);
        Assert.True(transfer["do_remote_prefill"]!.GetValue<bool>());
        Assert.False(transfer["do_remote_decode"]!.GetValue<bool>());
        Assert.Equal(p.State.LeasedBlocks, transfer["remote_block_ids"]!.AsArray().Count);
        Assert.Equal(("localhost", p.Url.Port), (transfer["remote_host"]!.GetValue<string>(), transfer["remote_port"]!.GetValue<int>()));

        var answer = await decode.JsonAsync(Completions, DecodeBody(transfer), "r1");
        Assert.Equal(SimTokens.Text(SimTokens.SeedOf(Prompt), 0, 8), answer.GetProperty("choices")[0].GetProperty("text").GetString());
        Assert.Equal((0, 0), (p.State.LeasesHeld, p.State.BlocksInUse));
        Assert.Equal(SimTokenizer.Encode(Prompt).Length - 1, d.State.TransferredTokens);
        Assert.Equal(0, d.State.BlocksInUse);
    }

    [Fact]
    public async Task AStreamedDecodeLeg_GivesTheSameAnswer()
    {
        await using var engines = new EngineFixture();
        var (_, prefill) = await engines.StartAsync(Options("p"));
        var (_, decode) = await engines.StartAsync(Options("d"));
        var events = await decode.EventsAsync(Completions, DecodeBody(await PrefillAsync(prefill), ",\"stream\":true"), "r1");
        Assert.Equal(SimTokens.Text(SimTokens.SeedOf(Prompt), 0, 8), EngineClient.TextOf(events));
    }

    [Fact]
    public async Task APrefillThatEndsItself_HoldsNothing_AndReturnsNoParameters()
    {
        await using var engines = new EngineFixture();
        var (p, prefill) = await engines.StartAsync(Options("p"));
        foreach (var early in new[] { ",\"krewe_sim\":{\"answer_tokens\":0}", ",\"stop\":\"0.\"" })
        {
            var answer = await prefill.JsonAsync(Completions, PrefillBody(early), "r1");
            Assert.Equal("stop", answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
            Assert.Equal(JsonValueKind.Null, answer.GetProperty("kv_transfer_params").ValueKind);
            Assert.Equal((0, 0), (p.State.LeasesHeld, p.State.BlocksInUse));
        }
    }

    [Theory]
    [InlineData("remote_engine_id", "\"0123\"", "is not at")]
    [InlineData("remote_block_ids", "[9000,9001]", "remote_block_ids")]
    [InlineData("remote_block_ids", "null", "remote_block_ids")]
    [InlineData("remote_request_id", "\"cmpl-other-0\"", "is not the one that was prefilled")]
    [InlineData("remote_port", "1", "no answer from")]
    [InlineData("remote_host", "\"no-such-host.invalid\"", "no answer from")]
    public async Task WrongTransferParameters_AreRefused(string field, string value, string because)
    {
        await using var engines = new EngineFixture();
        var (p, prefill) = await engines.StartAsync(Options("p"));
        var (d, decode) = await engines.StartAsync(Options("d"));
        var transfer = await PrefillAsync(prefill);
        transfer[field] = JsonNode.Parse(value);
        var (status, body) = await decode.TextAsync(Completions, DecodeBody(transfer), "r1");
        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Contains(because, JsonElement.Parse(body).GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, p.State.LeasesHeld);
        Assert.Equal((0, 0L), (d.State.BlocksInUse, d.State.GeneratedTokens));
    }

    [Fact]
    public async Task AnotherRequestIdOnTheDecodeLeg_IsRefused_UnlessTheConnectorIsNew()
    {
        await using var engines = new EngineFixture();
        var (_, prefill) = await engines.StartAsync(Options("p"));
        var (_, strict) = await engines.StartAsync(Options("d"));
        var (_, lax) = await engines.StartAsync(Options("d2") with { MatchRequestIds = false });
        var transfer = await PrefillAsync(prefill);
        Assert.Equal(HttpStatusCode.InternalServerError, (await strict.TextAsync(Completions, DecodeBody(transfer), "r2")).Status);
        Assert.Equal(HttpStatusCode.OK, (await lax.TextAsync(Completions, DecodeBody(transfer), "r2")).Status);
    }

    [Fact]
    public async Task BlocksThatWereRead_AreGone()
    {
        await using var engines = new EngineFixture();
        var (_, prefill) = await engines.StartAsync(Options("p"));
        var (_, decode) = await engines.StartAsync(Options("d"));
        var transfer = await PrefillAsync(prefill);
        await decode.JsonAsync(Completions, DecodeBody(transfer), "r1");
        var (status, body) = await decode.TextAsync(Completions, DecodeBody(transfer), "r1");
        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Contains("already read", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnExpiredLease_IsRefused_AndItsBlocksAreFree()
    {
        await using var engines = new EngineFixture();
        var time = new ManualTimeProvider();
        var (p, prefill) = await engines.StartAsync(Options("p", isInstant: true) with { Time = time, KvLease = TimeSpan.FromSeconds(30) });
        var (_, decode) = await engines.StartAsync(Options("d", isInstant: true));
        var transfer = await PrefillAsync(prefill);
        time.Advance(TimeSpan.FromSeconds(29.9));
        Assert.Equal(1, p.State.LeasesHeld);
        time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal((0, 0), (p.State.LeasesHeld, p.State.BlocksInUse));
        Assert.Equal(HttpStatusCode.InternalServerError, (await decode.TextAsync(Completions, DecodeBody(transfer), "r1")).Status);
    }

    [Fact]
    public async Task ARestartedPrefillInstance_IsAnotherEngine()
    {
        await using var engines = new EngineFixture();
        var (p, prefill) = await engines.StartAsync(Options("p"));
        var (_, decode) = await engines.StartAsync(Options("d"));
        var transfer = await PrefillAsync(prefill);
        await p.RestartAsync();
        var (status, body) = await decode.TextAsync(Completions, DecodeBody(transfer), "r1");
        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Contains("is not at", body, StringComparison.Ordinal);
        await p.CrashAsync();
        Assert.Contains("no answer from", (await decode.TextAsync(Completions, DecodeBody(transfer), "r1")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SeveralPromptsOrChoices_CannotShareOneBlockSet()
    {
        await using var engines = new EngineFixture();
        var (p, prefill) = await engines.StartAsync(Options("p"));
        var (d, decode) = await engines.StartAsync(Options("d"));
        var (status, body) = await decode.TextAsync(Completions, DecodeBody(await PrefillAsync(prefill), ",\"n\":2"), "r1");
        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Contains("block marked busy", body, StringComparison.Ordinal);
        Assert.Equal((0, 0), (p.State.LeasesHeld, d.State.BlocksInUse));
    }

    [Theory]
    [InlineData("remote_engine_id")]
    [InlineData("remote_request_id")]
    [InlineData("remote_host")]
    [InlineData("remote_port")]
    public async Task ADecodeLegThatLacksAParameter_ComputesThePromptItself_AndSaysNothing(string field)
    {
        await using var engines = new EngineFixture();
        var (p, prefill) = await engines.StartAsync(Options("p"));
        var (d, decode) = await engines.StartAsync(Options("d"));
        var transfer = await PrefillAsync(prefill);
        transfer[field] = null;
        var answer = await decode.JsonAsync(Completions, DecodeBody(transfer), "r1");
        Assert.Equal(SimTokens.Text(SimTokens.SeedOf(Prompt), 0, 8), answer.GetProperty("choices")[0].GetProperty("text").GetString());
        Assert.Equal((0L, 1), (d.State.TransferredTokens, p.State.LeasesHeld));
    }

    [Fact]
    public async Task RecomputePolicy_ServesWhereTheKvIsLost()
    {
        await using var engines = new EngineFixture();
        var (p, prefill) = await engines.StartAsync(Options("p"));
        var (d, decode) = await engines.StartAsync(Options("d") with { KvLoadFailure = KvLoadFailure.Recompute });
        var transfer = await PrefillAsync(prefill);
        await p.CrashAsync();
        var answer = await decode.JsonAsync(Completions, DecodeBody(transfer), "r1");
        Assert.Equal(8, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Equal(0, d.State.TransferredTokens);
    }

    [Fact]
    public async Task InBand_AStreamedDecodeFailsUnderStatus200()
    {
        await using var engines = new EngineFixture();
        var (_, prefill) = await engines.StartAsync(Options("p"));
        var (_, decode) = await engines.StartAsync(Options("d") with { KvFailureInBand = true });
        var transfer = await PrefillAsync(prefill);
        transfer["remote_engine_id"] = "0123";
        var events = await decode.EventsAsync(Completions, DecodeBody(transfer, ",\"stream\":true"), "r1");
        Assert.Equal(500, Assert.Single(events).GetProperty("error").GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task APrefillInstanceLostDuringTheTransfer_FailsTheDecode()
    {
        await using var engines = new EngineFixture();
        var time = new ManualTimeProvider();
        var (p, prefill) = await engines.StartAsync(Options("p"));
        var (d, decode) = await engines.StartAsync(Options("d") with { Time = time, Timing = new() { KvTransferSetup = TimeSpan.FromSeconds(1) } });
        var transfer = await PrefillAsync(prefill);
        var answer = decode.TextAsync(Completions, DecodeBody(transfer), "r1");
        await Eventually.TrueAsync(() => d.State.Running == 1);
        await p.CrashAsync();
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.InternalServerError, (await answer).Status);
        Assert.Equal((0, 1L), (d.State.BlocksInUse, d.State.Failed));
    }

    [Fact]
    public async Task ADecodeLegThatIsGivenUpDuringTheTransfer_FreesBothSides()
    {
        await using var engines = new EngineFixture();
        var (p, prefill) = await engines.StartAsync(Options("p"));
        var (d, decode) = await engines.StartAsync(Options("d") with { Timing = new() { KvTransferSetup = TimeSpan.FromMinutes(5) } });
        var transfer = await PrefillAsync(prefill);
        using var cancel = new CancellationTokenSource();
        var answer = decode.PostAsync(Completions, DecodeBody(transfer), "r1", cancel.Token);
        await Eventually.TrueAsync(() => d.State.Running == 1);
        Assert.Equal(1, p.State.LeasesHeld);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await Eventually.TrueAsync(() => p.State is { LeasesHeld: 0, BlocksInUse: 0 } && d.State is { Running: 0, BlocksInUse: 0 });
    }

    [Fact]
    public async Task ABrokenTransferLink_RefusesDecodes()
    {
        await using var engines = new EngineFixture();
        var (p, prefill) = await engines.StartAsync(Options("p"));
        var (_, decode) = await engines.StartAsync(Options("d"));
        var transfer = await PrefillAsync(prefill);
        p.Faults.RefuseTransfers();
        Assert.Equal(HttpStatusCode.InternalServerError, (await decode.TextAsync(Completions, DecodeBody(transfer), "r1")).Status);
        p.Faults.RefuseTransfers(false);
        Assert.Equal(HttpStatusCode.OK, (await decode.TextAsync(Completions, DecodeBody(transfer), "r1")).Status);
    }
}
