using System.Net;
using System.Text.Json;
using Krewe.Core.Instances;
using Krewe.EngineSim.Engine;
using Krewe.Gateway.Access;
using Krewe.Gateway.Client;
using Krewe.Gateway.Client.Access;
using Krewe.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Gateway.Tests.Client.Access;

/// <summary>Keys in a file that changes.</summary>
public sealed class ClientKeysReloadTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task A_key_comes_and_goes_with_its_line_in_the_file_and_what_cannot_be_changes_nothing()
    {
        var (key, entry) = New("app");
        var (next, nextEntry) = New("next");
        Write(entry);
        var clock = new ManualTimeProvider();
        var options = new ClientPortOptions { KeysFile = _file, CacheSecret = Keys.Secret };
        var configured = options.Add("configured");
        await using var gateway = await GatewayFixture.StartAsync(options: options, keysTime: clock);
        var reload = ClientKeysFile.Follow(gateway.Access, options, clock, NullLogger.Instance);
        reload.Load();
        using var stop = new CancellationTokenSource();
        var running = reload.RunAsync(stop.Token);
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Unauthorized, HttpStatusCode.OK], await AskAsync(gateway, key, next, configured));

        Write(nextEntry);
        await TickAsync(async () => (await AskAsync(gateway, key, next, configured)).SequenceEqual([HttpStatusCode.Unauthorized, HttpStatusCode.OK, HttpStatusCode.OK]));

        foreach (var wrong in new[] { "{", """{"keys":[{"id":"x"}]}""", """{"keys":[{"id":"x","sha257":"a"}]}""", """{"keys":[null]}""" })
        {
            await File.WriteAllTextAsync(_file, wrong);
            reload.Look();
            Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.OK, HttpStatusCode.OK], await AskAsync(gateway, key, next, configured));
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        Task TickAsync(Func<Task<bool>> then) => Eventually.TrueAsync(() =>
        {
            clock.Advance(FollowedFile.Interval);
            return then();
        });
    }

    [Fact]
    public void A_key_whose_limits_stay_goes_on_with_its_books()
    {
        var options = new ClientPortOptions();
        options.Add("app", entry => entry.RequestsPerMinute = 1);
        var access = new ClientAccess(options, new ManualTimeProvider());
        var headers = new Microsoft.AspNetCore.Http.HeaderDictionary();
        Assert.Null(Caller().Enter(headers));
        access.Replace(options.Keys);
        Assert.NotNull(Caller().Enter(headers));
        options.Keys[0].RequestsPerMinute = 5;
        access.Replace(options.Keys);
        Assert.Null(Caller().Enter(headers));

        ClientCaller Caller() => access.Find("app")!;
    }

    [Fact]
    public async Task Limits_that_change_in_the_file_count_at_once_and_what_was_used_and_what_runs_stays_counted()
    {
        var (key, sha256) = ClientKey.New("app");
        var (kept, keptHash) = ClientKey.New("kept");
        var clock = new ManualTimeProvider();
        var options = new ClientPortOptions { KeysFile = _file, CacheSecret = Keys.Secret };
        await using var gateway = await GatewayFixture.StartAsync(options: options, keysTime: clock);
        await gateway.EngineAsync("m1", InstanceRole.Mixed, sim => sim with { Timing = new SimTiming { StepBase = TimeSpan.FromMilliseconds(20) } });
        var reload = ClientKeysFile.Follow(gateway.Access, options, clock, NullLogger.Instance);
        Limit(3, null);
        reload.Load();
        using var running = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(stream: true, maxTokens: 5_000), default, Keys.Bearer(key));
        Assert.Equal(HttpStatusCode.OK, running.StatusCode);
        Assert.Equal("200 200 429", await SpendAsync(key, 3));
        Assert.Equal("200 429", await SpendAsync(kept, 2));

        // Raised: two more, of which one is refused since the stream runs, which began when that was not limited.
        Limit(5, 1);
        reload.Look();
        using (var second = await AskAsync(key))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
            Assert.Contains("requests at once", (await GatewayFixture.ErrorAsync(second)).GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        Limit(6, 2);
        reload.Look();
        using (var fifth = await AskAsync(key))
        {
            Assert.Equal((HttpStatusCode.OK, "6", "1"), (fifth.StatusCode, Header(fifth, "x-ratelimit-limit-requests"), Header(fifth, "x-ratelimit-remaining-requests")));
        }

        // Lowered: four of the five that were used have to drain, at two a minute.
        Limit(2, 2);
        reload.Look();
        using (var refused = await AskAsync(key))
        {
            Assert.Equal((HttpStatusCode.TooManyRequests, "2", "0", "120"), (refused.StatusCode, Header(refused, "x-ratelimit-limit-requests"), Header(refused, "x-ratelimit-remaining-requests"), Header(refused, "Retry-After")));
        }

        // The key beside it, whose limits stayed, has no more than it had.
        Assert.Equal("429", await SpendAsync(kept, 1));
        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("200 429", await SpendAsync(key, 2));

        // What ends gives back its place, however often the limits have changed since it began.
        Limit(null, 1);
        reload.Look();
        Assert.Equal("429", await SpendAsync(key, 1));
        running.Dispose();
        await Eventually.TrueAsync(async () => await SpendAsync(key, 1) == "200");

        void Limit(int? requests, int? atOnce) => Write(
            new { id = "app", sha256, requestsPerMinute = requests, maxRunning = atOnce }, new { id = "kept", sha256 = keptHash, requestsPerMinute = 1 });

        Task<HttpResponseMessage> AskAsync(string with) =>
            gateway.PostAsync("/v1/completions", new { model = "sim-model", prompt = "x", max_tokens = 1 }, default, Keys.Bearer(with));

        async Task<string> SpendAsync(string with, int times)
        {
            var statuses = new List<int>();
            for (var i = 0; i < times; i++)
            {
                using var answer = await AskAsync(with);
                statuses.Add((int)answer.StatusCode);
            }

            return string.Join(' ', statuses);
        }

        static string Header(HttpResponseMessage answer, string name) => answer.Headers.GetValues(name).Single();
    }

    [Fact]
    public void What_is_wrong_with_a_file_is_told_without_a_hash()
    {
        var error = Assert.Throws<InvalidDataException>(() => ClientKeysFile.Parse("{\"keys\":[{\"id\":\"a b\",\"sha256\":\"CANARY\"}]}"u8, []));
        Assert.All(["keys:0:Id", "keys:0:Tenant", "keys:0:Sha256"], path => Assert.Contains(path + ": ", error.Message, StringComparison.Ordinal));
        Assert.DoesNotContain("CANARY", error.Message, StringComparison.Ordinal);
    }

    private static (string Key, object Entry) New(string id)
    {
        var (key, sha256) = ClientKey.New(id);
        return (key, new { id, sha256, tenant = "acme", models = new[] { "*" }, requestsPerMinute = 1000 });
    }

    private void Write(params object[] keys) => File.WriteAllText(_file, JsonSerializer.Serialize(new { keys }));

    private static async Task<List<HttpStatusCode>> AskAsync(GatewayFixture gateway, params string[] keys)
    {
        var codes = new List<HttpStatusCode>();
        foreach (var key in keys)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models") { Headers = { { "Authorization", "Bearer " + key } } };
            using var response = await gateway.Http.SendAsync(request);
            codes.Add(response.StatusCode);
        }

        return codes;
    }
}
