using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Krewe.EndToEnd.Tests.Processes;
using Krewe.Testing;
using Krewe.Testing.Processes;

namespace Krewe.EndToEnd.Tests;

/// <summary>A request in, a bound prefill/decode pair, tokens out; with real processes and real signals.</summary>
public sealed class MainJobTests
{
    public static TheoryData<string> Hosts => SiloProcess.Hosts;

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_request_streams_through_an_exact_pair_of_incarnations(string host)
    {
        using var data = new DataFolder();
        await using var silo = await SiloProcess.ReadyAsync(host, data.Path, "2p2d");
        Assert.EndsWith("/v1 (pool sim, model sim-model, 2 prefill + 2 decode)", silo.ReadyLine, StringComparison.Ordinal);

        using var response = await silo.Client.SendAsync(Chat.Request("Say hello.", stream: true), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var events = await Chat.EventsAsync(response).ToListAsync();
        Assert.Equal("[DONE]", events[^1]);
        Assert.NotEmpty(Chat.Text(events));

        var id = response.Headers.GetValues("Krewe-Request-Id").Single();
        var request = await Eventually.ReadAsync(
            () => silo.Control.GetFromJsonAsync<JsonElement>($"/admin/v1/requests/{id}"),
            seen => seen.GetProperty("state").GetString() == "Completed");
        var attempt = request.GetProperty("attempts").EnumerateArray().Single();
        var instances = (await silo.PoolAsync("sim")).GetProperty("instances").EnumerateArray().ToDictionary(one => one.GetProperty("name").GetString()!);
        foreach (var (half, role) in new[] { ("prefill", "prefill"), ("decode", "decode") })
        {
            var bound = attempt.GetProperty(half);
            var instance = instances[bound.GetProperty("name").GetString()!];
            Assert.Equal(role, instance.GetProperty("role").GetString());
            Assert.Equal(instance.GetProperty("epoch").GetInt64(), bound.GetProperty("epoch").GetInt64());
            Assert.Equal(instance.GetProperty("incarnation").GetString(), bound.GetProperty("incarnation").GetString());
        }

        // Each chunk names the decode's incarnation and the attempt: what streamed is what was bound.
        var sim = JsonDocument.Parse(events[1]).RootElement.GetProperty("krewe_sim");
        Assert.Equal(attempt.GetProperty("decode").GetProperty("incarnation").GetString(), sim.GetProperty("incarnation").GetString());
        Assert.Equal(id, sim.GetProperty("attempt").GetString());
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_killed_silo_comes_back_with_every_epoch(string host)
    {
        using var data = new DataFolder();
        Dictionary<string, (long Epoch, string Incarnation)> before;
        await using (var first = await SiloProcess.ReadyAsync(host, data.Path))
        {
            var control = first.Control.BaseAddress!;
            await using var p1 = await EngineProcess.StartAsync(control, "p1", "prefill");
            var d1 = await EngineProcess.StartAsync(control, "d1", "decode");
            await first.ServingAsync("sim", 2);

            // A second life of d1, so that there is an epoch to lose.
            await d1.DisposeAsync();
            await using var d1Again = await EngineProcess.StartAsync(control, "d1", "decode");
            before = Epochs(await Eventually.ReadAsync(
                () => first.PoolAsync("sim"),
                pool => Epochs(pool).GetValueOrDefault("d1").Epoch == 2 && pool.GetProperty("instances").EnumerateArray().All(one => one.GetProperty("state").GetString() == "Active"),
                TimeSpan.FromSeconds(30)));
            first.Process.Signal(Signals.Kill);
            Assert.NotEqual(0, await first.Process.ExitAsync(TimeSpan.FromSeconds(10)));

            await using var second = await SiloProcess.ReadyAsync(host, data.Path);
            Assert.Equal(before, Epochs(await second.PoolAsync("sim")));
        }
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task The_playground_of_a_killed_silo_comes_back_one_epoch_higher(string host)
    {
        using var data = new DataFolder();
        await using (var first = await SiloProcess.ReadyAsync(host, data.Path, "4m"))
        {
            Assert.All(Epochs(await first.PoolAsync("sim")).Values, life => Assert.Equal(1, life.Epoch));
            first.Process.Signal(Signals.Kill);
            await first.Process.ExitAsync(TimeSpan.FromSeconds(10));
        }

        await using var second = await SiloProcess.ReadyAsync(host, data.Path, "4m");
        Assert.All(Epochs(await second.PoolAsync("sim")).Values, life => Assert.Equal(2, life.Epoch));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Sigterm_fails_readiness_lets_streams_finish_and_exits_with_zero(string host)
    {
        using var data = new DataFolder();
        await using var silo = await SiloProcess.ReadyAsync(host, data.Path);
        await using var engine = await EngineProcess.StartAsync(silo.Control.BaseAddress!, "m1", "mixed", "--step-ms", "20");
        await silo.ServingAsync("sim", 1);
        using var ready = await silo.Client.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);

        using var response = await silo.Client.SendAsync(Chat.Request("A long one.", stream: true, maxTokens: 400), HttpCompletionOption.ResponseHeadersRead);
        await using var events = Chat.EventsAsync(response).GetAsyncEnumerator();
        Assert.True(await events.MoveNextAsync());
        silo.Process.Signal(Signals.Terminate);
        await Eventually.TrueAsync(async () =>
        {
            using var answer = await silo.Client.GetAsync("/readyz");
            return answer.StatusCode == HttpStatusCode.ServiceUnavailable;
        });

        string? last = null;
        var count = 0;
        while (await events.MoveNextAsync())
        {
            last = events.Current;
            count++;
        }

        Assert.Equal("[DONE]", last);
        Assert.True(count > 400, $"{count} events of 400 tokens");
        Assert.Equal(0, await silo.Process.ExitAsync(TimeSpan.FromSeconds(30)));
    }

    private static Dictionary<string, (long Epoch, string Incarnation)> Epochs(JsonElement pool) =>
        pool.GetProperty("instances").EnumerateArray().ToDictionary(
            one => one.GetProperty("name").GetString()!,
            one => (one.GetProperty("epoch").GetInt64(), one.GetProperty("incarnation").GetString()!));
}
