using Krewe.Core.Instances;
using Krewe.Testing;

namespace Krewe.Gateway.Tests.Control;

/// <summary>The engine side of the control port, as the contract tells it.</summary>
public sealed class EngineSideTests
{
    [Fact]
    public async Task A_registration_is_answered_with_epoch_state_and_times()
    {
        await using var host = await ControlHost.StartAsync();

        var answer = await host.RegisterAsync("p1", ControlHost.Registration());

        Assert.Equal(200, answer.Status);
        Assert.Equal(["epoch", "state", "leaseMs", "heartbeatMs"], answer.Body.EnumerateObject().Select(field => field.Name));
        Assert.Equal(1, answer.Body.GetProperty("epoch").GetInt64());
        Assert.Contains(answer.Body.GetProperty("state").GetString(), new[] { "Joining", "Active" });
        Assert.Equal(3000, answer.Body.GetProperty("leaseMs").GetInt32());
        Assert.Equal(500, answer.Body.GetProperty("heartbeatMs").GetInt32());
    }

    [Fact]
    public async Task What_is_not_given_has_its_default_and_unknown_fields_are_ignored()
    {
        await using var host = await ControlHost.StartAsync();
        const string Body = """
            {"future":{"deep":[1,{"a":null}]},"incarnation":"one","role":"decode","protocol":"vllm","url":"http://127.0.0.1:9001",
             "model":"sim-model","transferGroup":null,"labels":{"zone":"a"},"capacity":{"kvBlocks":8192,"more":[]}}
            """;

        Assert.Equal(200, (await host.RegisterAsync("d1", Body)).Status);

        var seen = host.Fleet.View.Pools.Single().View.All().Single().Registration;
        Assert.Equal("default", seen.TransferGroup.Value);
        Assert.Equal(new InstanceCapacity(256, 8192, 0), seen.Capacity);
        Assert.Equal(InstanceRole.Decode, seen.Role);
    }

    [Fact]
    public async Task A_registered_engine_is_scheduled_and_its_heartbeats_are_its_load()
    {
        await using var host = await ControlHost.StartAsync();
        await host.RegisterAsync("m1", ControlHost.Registration());

        var answer = await host.HeartbeatAsync("m1", ControlHost.Heartbeat());

        Assert.Equal(200, answer.Status);
        Assert.Equal(["state", "admin", "epoch"], answer.Body.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("Active", "Open", 1), (answer.Body.GetProperty("state").GetString(), answer.Body.GetProperty("admin").GetString(), answer.Body.GetProperty("epoch").GetInt32()));
        var view = host.Fleet.View.Pools.Single().View.All().Single();
        Assert.True(view.Schedulable);
        Assert.Equal((3, 1, 0.5), (view.Load.Reported.Running, view.Load.Reported.Waiting, view.Load.Reported.KvUsage));
    }

    [Fact]
    public async Task The_same_life_renews_and_another_address_or_role_is_a_new_epoch()
    {
        await using var host = await ControlHost.StartAsync();

        Assert.Equal(1, await EpochAsync(ControlHost.Registration()));
        Assert.Equal(1, await EpochAsync(ControlHost.Registration()));
        Assert.Equal(2, await EpochAsync(ControlHost.Registration(url: "http://127.0.0.1:9002")));
        Assert.Equal(3, await EpochAsync(ControlHost.Registration(url: "http://127.0.0.1:9002", role: "prefill")));

        async Task<long> EpochAsync(string body) => (await host.RegisterAsync("m1", body)).Body.GetProperty("epoch").GetInt64();
    }

    [Fact]
    public async Task A_name_whose_engine_lives_is_in_use_and_once_taken_over_its_old_life_is_stale()
    {
        await using var host = await ControlHost.StartAsync();
        await host.RegisterAsync("m1", ControlHost.Registration("old"));

        var inUse = await host.RegisterAsync("m1", ControlHost.Registration("new"));

        Assert.Equal((409, "name_in_use", "1", "true"), (inUse.Status, inUse.Code, inUse.Header("Retry-After"), inUse.Header("x-should-retry")));

        // Silent for a second, the incumbent loses its name.
        var taken = await Eventually.ReadAsync(() => host.RegisterAsync("m1", ControlHost.Registration("new")), answer => answer.Status != 409);
        Assert.Equal(2, taken.Body.GetProperty("epoch").GetInt64());
        Assert.Equal(200, (await host.HeartbeatAsync("m1", ControlHost.Heartbeat("new"))).Status);

        foreach (var stale in new[] { await host.HeartbeatAsync("m1", ControlHost.Heartbeat("old", 99)), await host.RegisterAsync("m1", ControlHost.Registration("old")) })
        {
            Assert.Equal((409, "stale_incarnation", "false"), (stale.Status, stale.Code, stale.Header("x-should-retry")));
        }
    }

    [Fact]
    public async Task Who_was_never_registered_is_unknown()
    {
        await using var host = await ControlHost.StartAsync();
        await host.RegisterAsync("m1", ControlHost.Registration());

        Assert.Equal((404, "unknown_instance"), Brief(await host.HeartbeatAsync("m2", ControlHost.Heartbeat())));
        Assert.Equal((404, "unknown_instance"), Brief(await host.HeartbeatAsync("m1", ControlHost.Heartbeat("other"))));
        Assert.Equal((404, "unknown_instance"), Brief(await host.SendAsync(HttpMethod.Post, "/fleet/v1/pools/none/instances/m1/heartbeats", ControlHost.Heartbeat())));
        Assert.Equal((404, "unknown_instance"), Brief(await host.SendAsync(HttpMethod.Delete, "/fleet/v1/pools/sim/instances/m2?incarnation=one")));
        Assert.Equal((404, "unknown_instance"), Brief(await host.SendAsync(HttpMethod.Post, "/fleet/v1/pools/sim/instances/m2/cordon")));
        Assert.Equal((404, "unknown_instance"), Brief(await host.SendAsync(HttpMethod.Post, "/fleet/v1/pools/sim/instances/m2/drain")));
    }

    [Fact]
    public async Task A_delete_is_accepted_and_found_out_by_a_probe()
    {
        await using var host = await ControlHost.StartAsync();
        await host.RegisterAsync("m1", ControlHost.Registration());
        await host.HeartbeatAsync("m1", ControlHost.Heartbeat());
        host.Engines.Set("http://127.0.0.1:9001", ProbeResult.Refused);

        var answer = await host.SendAsync(HttpMethod.Delete, "/fleet/v1/pools/sim/instances/m1?incarnation=one");

        Assert.Equal(202, answer.Status);
        await Eventually.TrueAsync(() => host.Fleet.View.Pools.Single().View.All().Single().Liveness is Liveness.Suspect or Liveness.Removed);
    }

    [Fact]
    public async Task Cordon_and_uncordon_are_told_in_the_heartbeats_answer()
    {
        await using var host = await ControlHost.StartAsync();
        await host.RegisterAsync("m1", ControlHost.Registration());

        Assert.Equal("accepted", await ResultAsync("cordon"));
        Assert.Equal("Cordoned", await AdminAsync(1));
        Assert.Equal("unchanged", await ResultAsync("cordon"));
        Assert.Equal("accepted", await ResultAsync("uncordon"));
        Assert.Equal("Open", await AdminAsync(2));

        async Task<string?> ResultAsync(string action)
        {
            var answer = await host.SendAsync(HttpMethod.Post, $"/fleet/v1/pools/sim/instances/m1/{action}");
            Assert.Equal(200, answer.Status);
            return answer.Body.GetProperty("result").GetString();
        }

        async Task<string?> AdminAsync(long sequence) =>
            (await host.HeartbeatAsync("m1", ControlHost.Heartbeat("one", sequence))).Body.GetProperty("admin").GetString();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("""{"deadlineMs":1000}""")]
    public async Task A_drained_engine_is_told_so_and_cannot_register_again_as_that_life(string? body)
    {
        await using var host = await ControlHost.StartAsync();
        await host.RegisterAsync("m1", ControlHost.Registration());
        await host.HeartbeatAsync("m1", ControlHost.Heartbeat());

        Assert.Equal(202, (await host.SendAsync(HttpMethod.Post, "/fleet/v1/pools/sim/instances/m1/drain", body)).Status);

        var told = await host.HeartbeatAsync("m1", ControlHost.Heartbeat("one", 2));
        Assert.Equal((200, "Removed", "Drained"), (told.Status, told.Body.GetProperty("state").GetString(), told.Body.GetProperty("admin").GetString()));
        Assert.Equal((409, "drained"), Brief(await host.RegisterAsync("m1", ControlHost.Registration())));

        // Its successor is not drained; until that one is confirmed, the drained one is told the same as before.
        host.Engines.Set("http://127.0.0.1:9002", ProbeResult.TimedOut);
        Assert.Equal(200, (await host.RegisterAsync("m1", ControlHost.Registration("two", url: "http://127.0.0.1:9002"))).Status);
        told = await host.HeartbeatAsync("m1", ControlHost.Heartbeat("one", 3));
        Assert.Equal(("Removed", "Drained"), (told.Body.GetProperty("state").GetString(), told.Body.GetProperty("admin").GetString()));
        told = await host.HeartbeatAsync("m1", ControlHost.Heartbeat("two"));
        Assert.Equal(("Active", "Open"), (told.Body.GetProperty("state").GetString(), told.Body.GetProperty("admin").GetString()));
    }

    [Fact]
    public async Task Many_heartbeats_at_once_are_all_answered()
    {
        await using var host = await ControlHost.StartAsync();
        var names = Enumerable.Range(0, 50).Select(i => $"m{i}").ToList();
        await Task.WhenAll(names.Select(name => host.RegisterAsync(name, ControlHost.Registration())));

        var answers = await Task.WhenAll(names.SelectMany(name => Enumerable.Range(1, 20).Select(i => host.HeartbeatAsync(name, ControlHost.Heartbeat("one", i)))));

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Equal(50, host.Fleet.View.Pools.Single().View.All().Count(view => view.Schedulable));
    }

    private static (int Status, string? Code) Brief(ControlHost.Answer answer) => (answer.Status, answer.Code);
}
