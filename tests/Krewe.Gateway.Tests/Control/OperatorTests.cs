using System.Text.Json;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Pools;
using Krewe.Core.Requests;
using Krewe.Core.Retry;
using Krewe.Core.Time;
using Krewe.Fleet.Requests;
using Krewe.Gateway.Lifecycle;
using Krewe.Testing;

namespace Krewe.Gateway.Tests.Control;

/// <summary>The operators' side of the control port, as the contract tells it.</summary>
public sealed class OperatorTests
{
    /// <summary>The contract's example, with this test's values. A change here is a change of the contract.</summary>
    private const string GoldenPool = """
        {"pool":"sim","model":"sim-model","health":"Healthy","reason":"schedulable: prefill 1 of 1, decode 1 of 1",
         "roles":{"prefill":{"schedulable":1,"total":1},"decode":{"schedulable":1,"total":1}},
         "queue":{"waiting":0},
         "instances":[
           {"name":"d1","role":"decode","protocol":"vllm","url":"http://127.0.0.1:9002","state":"Active","admin":"Open","breaker":"Closed","schedulable":true,"epoch":1,
            "incarnation":"d-life","reserved":{"requests":0,"tokens":0},"load":{"running":3,"waiting":1,"kvUsage":0.5,"ageMs":"*"}},
           {"name":"p1","role":"prefill","protocol":"vllm","url":"http://127.0.0.1:9001","state":"Active","admin":"Open","breaker":"Closed","schedulable":true,"epoch":1,
            "incarnation":"p-life","reserved":{"requests":0,"tokens":0},"load":{"running":0,"waiting":0,"kvUsage":0,"ageMs":null}}]}
        """;

    [Fact]
    public async Task A_pool_is_shown_as_the_contract_has_it()
    {
        await using var host = await PairAsync();

        var one = await host.GetAsync("/admin/v1/pools/sim");
        var all = await host.GetAsync("/admin/v1/pools");

        Assert.Equal(200, one.Status);
        AssertSame(JsonDocument.Parse(GoldenPool).RootElement, one.Body, "$");
        Assert.Equal(["pools"], all.Body.EnumerateObject().Select(field => field.Name));
        AssertSame(JsonDocument.Parse(GoldenPool).RootElement, Assert.Single(all.Body.GetProperty("pools").EnumerateArray()), "$");
    }

    [Fact]
    public async Task A_pool_is_not_whole_without_one_of_its_roles()
    {
        await using var host = await PairAsync();
        await host.SendAsync(HttpMethod.Post, "/fleet/v1/pools/sim/instances/p1/cordon");

        var pool = (await host.GetAsync("/admin/v1/pools/sim")).Body;

        Assert.Equal("Degraded", pool.GetProperty("health").GetString());
        Assert.Equal(0, pool.GetProperty("roles").GetProperty("prefill").GetProperty("schedulable").GetInt32());
        var cordoned = pool.GetProperty("instances").EnumerateArray().Single(one => one.GetProperty("name").GetString() == "p1");
        Assert.Equal(("Cordoned", false), (cordoned.GetProperty("admin").GetString(), cordoned.GetProperty("schedulable").GetBoolean()));
    }

    [Fact]
    public async Task Removed_instances_are_not_listed()
    {
        await using var host = await PairAsync();
        await host.SendAsync(HttpMethod.Post, "/fleet/v1/pools/sim/instances/p1/drain");

        var pool = (await host.GetAsync("/admin/v1/pools/sim")).Body;

        Assert.Equal(["d1"], pool.GetProperty("instances").EnumerateArray().Select(one => one.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task A_request_is_shown_while_it_runs_and_after_it_ended()
    {
        await using var host = await PairAsync();
        var id = new RequestId(0x0123456789abcdef, 42);
        var request = host.Actors.Request(id);
        var step = await request.StartAsync(new RequestSpec
        {
            Pool = new PoolName("sim"),
            Model = "sim-model",
            PromptTokens = 7,
            AllowDisaggregated = true,
            Stream = true,
            Deadline = Deadline.In(TimeSpan.FromMinutes(1), host.Fleet.Time.GetMonotonic()),
        });
        Assert.NotNull(step.Binding);

        var running = (await host.GetAsync($"/admin/v1/requests/{id}")).Body;
        var reserved = (await host.GetAsync("/admin/v1/pools/sim")).Body.GetProperty("instances")[0].GetProperty("reserved");

        Assert.Equal((1, 7), (reserved.GetProperty("requests").GetInt32(), reserved.GetProperty("tokens").GetInt32()));
        Assert.Equal("Prefilling", running.GetProperty("state").GetString());
        Assert.Equal(JsonValueKind.Null, running.GetProperty("outcome").ValueKind);
        Assert.InRange(running.GetProperty("deadlineRemainingMs").GetDouble(), 1, 60_000);
        AssertSame(
            JsonDocument.Parse("""{"name":"p1","epoch":1,"incarnation":"p-life"}""").RootElement,
            Assert.Single(running.GetProperty("attempts").EnumerateArray()).GetProperty("prefill"),
            "$");

        await request.PrefillDoneAsync(1);
        await request.FirstTokenAsync(1);
        await request.EndAsync(new RequestEnd(RequestOutcome.Completed, AttemptCause.Completed, LegKind.Decode, 5));
        var ended = (await host.GetAsync($"/admin/v1/requests/{id}")).Body;

        AssertSame(
            JsonDocument.Parse($$"""
                {"id":"{{id}}","pool":"sim","tenant":"anonymous","model":"sim-model","stream":true,"state":"Completed","outcome":"completed","admittedAt":"@","ageMs":"*","deadlineRemainingMs":"*","queuedMs":null,"queuedFor":null,"unhosted":null,"tokensSent":5,
                 "attempts":[{"number":1,"prefill":{"name":"p1","epoch":1,"incarnation":"p-life"},"decode":{"name":"d1","epoch":1,"incarnation":"d-life"},
                   "cause":"completed","evidence":null,"failedLeg":null,"tokensBefore":0,"tokensSent":5,
                   "continuation":null,"continuationRefused":null,"next":null,"backoffMs":null,"retryRefused":null,"queuedMs":null,"queuedFor":null,"boundMs":"*","bypass":null,"prefillStartedMs":"*","prefillDoneMs":"*","firstTokenMs":"*","endedMs":"*"}]}
                """).RootElement,
            ended,
            "$");
    }

    [Fact]
    public async Task Events_come_newest_first_by_pool_and_bounded()
    {
        await using var host = await PairAsync();
        await host.RegisterAsync("x1", ControlHost.Registration(url: "http://127.0.0.1:9003", model: "other"), "zzz");
        await Eventually.TrueAsync(async () => (await EventsAsync("?pool=zzz")).Any(entry => entry.GetProperty("to").GetString() == "Active"));

        var all = await EventsAsync("?limit=1000");
        var limited = await EventsAsync("?limit=2");
        var of = await EventsAsync("?pool=zzz");

        Assert.Equal(all.Select(Sequence).OrderDescending(), all.Select(Sequence));
        Assert.Equal(all.Take(2).Select(Sequence), limited.Select(Sequence));
        Assert.All(of, entry => Assert.Equal("zzz", entry.GetProperty("pool").GetString()));
        Assert.Empty(await EventsAsync("?pool=none"));
        var joined = of.Single(entry => entry.GetProperty("to").GetString() == "Active");
        Assert.Equal(["sequence", "at", "pool", "instance", "epoch", "incarnation", "what", "from", "to", "cause"], joined.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("x1", 1, "liveness", "Joining"), (joined.GetProperty("instance").GetString(), joined.GetProperty("epoch").GetInt32(), joined.GetProperty("what").GetString(), joined.GetProperty("from").GetString()));

        async Task<List<JsonElement>> EventsAsync(string query) =>
            [.. (await host.GetAsync($"/admin/v1/events{query}")).Body.GetProperty("events").EnumerateArray()];

        static long Sequence(JsonElement entry) => entry.GetProperty("sequence").GetInt64();
    }

    [Fact]
    public async Task A_silo_is_starting_then_ready_then_draining()
    {
        await using var host = await ControlHost.StartAsync();
        Assert.Equal((503, "not_ready"), await ReadyAsync());
        Assert.Equal("Starting", await StateAsync());

        host.Lifetime.Ready();
        Assert.Equal((200, null), await ReadyAsync());
        Assert.Equal("Active", await StateAsync());

        var drained = await host.SendAsync(HttpMethod.Post, "/admin/v1/drain");
        Assert.Equal((202, "silo-test", "Draining"), (drained.Status, drained.Body.GetProperty("silo").GetString(), drained.Body.GetProperty("state").GetString()));
        Assert.True(host.Lifetime.DrainAsked.IsCompleted);
        Assert.Equal((503, "not_ready"), await ReadyAsync());
        Assert.Equal("Draining", await StateAsync());
        Assert.Equal("ok\n", (await host.GetAsync("/livez")).Text);

        async Task<(int Status, string? Code)> ReadyAsync()
        {
            var answer = await host.GetAsync("/readyz");
            return (answer.Status, answer.Code);
        }

        async Task<string?> StateAsync()
        {
            var silo = Assert.Single((await host.GetAsync("/admin/v1/silos")).Body.GetProperty("silos").EnumerateArray());
            Assert.True(silo.GetProperty("self").GetBoolean());
            return silo.GetProperty("state").GetString();
        }
    }

    [Fact]
    public async Task A_silo_that_is_held_back_is_not_ready_and_says_why()
    {
        await using var host = await ControlHost.StartAsync();
        var hold = new Hold();
        host.Lifetime.HoldBy(hold);
        host.Lifetime.Ready();
        Assert.Equal(200, (await host.GetAsync("/readyz")).Status);

        hold.IsHeld = true;
        var answer = await host.GetAsync("/readyz");
        Assert.Equal((503, "not_ready"), (answer.Status, answer.Code));
        Assert.Contains(hold.Reason, answer.Text, StringComparison.Ordinal);

        hold.IsHeld = false;
        Assert.Equal(200, (await host.GetAsync("/readyz")).Status);
    }

    [Fact]
    public async Task A_pools_policy_changes_while_it_runs()
    {
        await using var host = await PairAsync();

        var answer = await host.SendAsync(HttpMethod.Put, "/admin/v1/pools/sim", """{"name":"sim","model":"sim-model","aliases":["sim"],"policy":"round-robin","failureMode":"fail-fast"}""");

        Assert.Equal((200, "sim"), (answer.Status, answer.Body.GetProperty("pool").GetString()));
        var slot = host.Fleet.View.FindByModel("sim");
        Assert.Equal(("round-robin", FailureMode.FailFast), (slot!.Definition!.Policy, slot.Definition.FailureMode));
        Assert.Equal(2, slot.View.All().Count(view => view.Schedulable));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("[]", null)]
    [InlineData("""{"name":"sim"}""", "model")]
    [InlineData("""{"name":"other","model":"sim-model"}""", "name")]
    [InlineData("""{"name":"sim","model":"another"}""", "model")]
    [InlineData("""{"name":"sim","model":"sim-model","policy":"best"}""", "policy")]
    [InlineData("""{"name":"sim","model":"sim-model","retry":{"attempts":0}}""", "retry.attempts")]
    [InlineData("""{"name":"sim","model":"sim-model","colour":"red"}""", "colour")]
    [InlineData("""{"name":"sim","model":"sim-model","aliases":["mine","other-model"]}""", "aliases[1]")]
    public async Task A_bad_definition_changes_nothing_and_names_its_path(string body, string? param)
    {
        await using var host = await PairAsync();
        await host.RegisterAsync("x1", ControlHost.Registration(url: "http://127.0.0.1:9003", model: "other-model"), "zzz");
        var before = host.Fleet.View.Find(new PoolName("sim"))!.Definition;

        var answer = await host.SendAsync(HttpMethod.Put, "/admin/v1/pools/sim", body);

        Assert.Equal((400, "invalid_request", param), (answer.Status, answer.Code, answer.Param));
        Assert.Same(before, host.Fleet.View.Find(new PoolName("sim"))!.Definition);
    }

    [Fact]
    public async Task A_definition_beyond_its_limit_is_too_large()
    {
        await using var host = await PairAsync();

        var answer = await host.SendAsync(HttpMethod.Put, "/admin/v1/pools/sim", new string(' ', (1 << 20) + 1));

        Assert.Equal((413, "request_too_large"), (answer.Status, answer.Code));
    }

    private static async Task<ControlHost> PairAsync()
    {
        var host = await ControlHost.StartAsync();
        await host.RegisterAsync("p1", ControlHost.Registration("p-life", "prefill"));
        await host.RegisterAsync("d1", ControlHost.Registration("d-life", "decode", "http://127.0.0.1:9002"));
        await host.HeartbeatAsync("d1", ControlHost.Heartbeat("d-life"));
        await Eventually.TrueAsync(() => host.Fleet.View.Pools.Single().View.All().Count(view => view.Liveness is Liveness.Active) == 2);
        return host;
    }

    /// <summary>Same fields in the same order, same values; <c>"*"</c> stands for any number, <c>"@"</c> for any point in time.</summary>
    private static void AssertSame(JsonElement expected, JsonElement actual, string path)
    {
        if (expected.ValueKind is JsonValueKind.String && expected.GetString() == "*")
        {
            Assert.True(actual.ValueKind is JsonValueKind.Number && actual.GetDouble() >= 0, $"{path}: {actual}");
            return;
        }

        if (expected.ValueKind is JsonValueKind.String && expected.GetString() == "@")
        {
            Assert.True(actual.TryGetDateTimeOffset(out _), $"{path}: {actual}");
            return;
        }

        Assert.True(expected.ValueKind == actual.ValueKind, $"{path}: {expected} is not {actual}");
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                Assert.True(
                    expected.EnumerateObject().Select(field => field.Name).SequenceEqual(actual.EnumerateObject().Select(field => field.Name)),
                    $"{path}: {actual}");
                foreach (var field in expected.EnumerateObject())
                {
                    AssertSame(field.Value, actual.GetProperty(field.Name), $"{path}.{field.Name}");
                }

                break;
            case JsonValueKind.Array:
                Assert.Equal(expected.GetArrayLength(), actual.GetArrayLength());
                for (var i = 0; i < expected.GetArrayLength(); i++)
                {
                    AssertSame(expected[i], actual[i], $"{path}[{i}]");
                }

                break;
            default:
                Assert.True(expected.ToString() == actual.ToString(), $"{path}: {expected} is not {actual}");
                break;
        }
    }

    private sealed class Hold : IReadinessHold
    {
        public bool IsHeld { get; set; }

        public string Reason => "It is held back.";
    }
}
