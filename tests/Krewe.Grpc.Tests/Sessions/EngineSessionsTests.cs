using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Journal;
using Krewe.Gateway.Control.Access;
using Krewe.Grpc.V1;
using Krewe.Testing;

namespace Krewe.Grpc.Tests.Sessions;

/// <summary>One engine's life over one stream.</summary>
public sealed class EngineSessionsTests
{
    [Fact]
    public async Task An_engine_that_registers_and_beats_is_served_by()
    {
        await using var grpc = await GrpcFixture.StartAsync();
        var engine = await grpc.EngineAsync("m1");
        using var agent = new Agent(grpc);
        await agent.SayAsync(Agent.Registration(engine));
        var registered = (await agent.HearAsync()).Registered;
        Assert.Equal((1, "Joining", 3_000, 500), (registered.Epoch, registered.State, registered.LeaseMs, registered.HeartbeatMs));
        await agent.BeatAsync();
        await agent.HearAsync(status => status is { State: "Active", Admin: "Open", Epoch: 1, Sequence: 1 });
        Assert.Equal(3, grpc.Seen("m1")!.Load.Reported.Running);
        Assert.NotEmpty(Serving.Chats.Text(await grpc.Inference.CompleteAsync(Serving.Chats.Chat(stream: false))));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public async Task The_stream_s_end_is_a_delete_event_and_the_engine_s_own_answer_decides(bool inOrder, bool lives)
    {
        // With a lease this long nothing else moves it within the test.
        await using var grpc = await GrpcFixture.StartAsync(GrpcFixture.QuickPool() with { LeaseTtl = TimeSpan.FromMinutes(2) });
        var engine = await grpc.EngineAsync("m1");
        using var agent = await Agent.ActiveAsync(grpc, engine);
        if (!lives)
        {
            await engine.CrashAsync();
        }

        if (inOrder)
        {
            await agent.EndAsync();
        }
        else
        {
            agent.Cut();
        }

        // The event, not the state: a second probe removes who is dead soon after.
        FleetEvent? moved = null;
        await Eventually.TrueAsync(
            () => (moved = grpc.Fleet.Events.Newest(GrpcFixture.Pool, 100).Where(one => one is { What: "liveness", From: "Active" }).MinBy(one => one.Sequence)) is not null,
            what: "the probe's answer decides");
        Assert.Equal(lives ? "LeaseLost" : "Suspect", moved!.To);
    }

    [Fact]
    public async Task What_operators_do_is_told_at_once_without_a_heartbeat()
    {
        await using var grpc = await GrpcFixture.StartAsync();
        var engine = await grpc.EngineAsync("m1");
        using var agent = await Agent.ActiveAsync(grpc, engine);
        var actor = grpc.Actors.Instance(GrpcFixture.Id("m1"));
        await actor.AdministerAsync(new AdminCommand(AdminAction.Cordon));
        await agent.HearAsync(status => status is { Admin: "Cordoned", State: "Active" });
        await actor.AdministerAsync(new AdminCommand(AdminAction.Uncordon));
        await agent.HearAsync(status => status.Admin == "Open");
        await actor.AdministerAsync(new AdminCommand(AdminAction.Drain, TimeSpan.FromSeconds(30)));
        await agent.HearAsync(status => status is { Admin: "Drained", State: "Removed" });
    }

    [Fact]
    public async Task An_agent_that_asks_for_a_drain_is_told_when_it_is_drained_and_does_not_come_back()
    {
        await using var grpc = await GrpcFixture.StartAsync();
        var engine = await grpc.EngineAsync("m1", shape: Serving.Chats.Slow);
        using var agent = await Agent.ActiveAsync(grpc, engine);
        using var call = grpc.Inference.Stream(Serving.Chats.Chat(stream: true, maxTokens: 40));
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        await agent.SayAsync(new AgentMessage { Drain = new Drain { DeadlineMs = 20_000 } });
        await agent.HearAsync(status => status.Admin == "Draining");
        Assert.Equal("length", (await Serving.Chats.ReadAsync(call)).Finish);
        await agent.HearAsync(status => status is { Admin: "Drained", State: "Removed" });

        await agent.SayAsync(Agent.Registration(engine));
        var error = await agent.RefusedAsync();
        Assert.Equal((StatusCode.FailedPrecondition, "drained"), (error.StatusCode, Serving.Chats.Code(error)));
    }

    [Fact]
    public async Task A_superseded_life_is_told_so_and_its_stream_s_end_means_nothing()
    {
        await using var grpc = await GrpcFixture.StartAsync();
        var engine = await grpc.EngineAsync("m1");
        using var old = await Agent.ActiveAsync(grpc, engine);

        // While the old one was heard a moment ago, nobody takes its name.
        using (var early = new Agent(grpc))
        {
            await old.BeatAsync();
            await old.HearAsync(status => status.Sequence == 2);
            await early.SayAsync(Agent.Registration(engine, "life-2"));
            var refused = await early.RefusedAsync();
            Assert.Equal((StatusCode.AlreadyExists, "name_in_use", "1000"), (refused.StatusCode, Serving.Chats.Code(refused), refused.Trailers.GetValue("grpc-retry-pushback-ms")));
        }

        var second = await Eventually.ReadAsync(
            async () =>
            {
                var next = new Agent(grpc);
                await next.SayAsync(Agent.Registration(engine, "life-2"));
                try
                {
                    return (await next.HearAsync()).Registered is { Epoch: 2 } ? next : null;
                }
                catch (RpcException)
                {
                    next.Dispose();
                    return null;
                }
            },
            next => next is not null);
        await second!.BeatAsync();
        await second.HearAsync(status => status is { State: "Active", Epoch: 2 });
        await old.BeatAsync();
        var error = await old.RefusedAsync();
        Assert.Equal((StatusCode.FailedPrecondition, "stale_incarnation"), (error.StatusCode, Serving.Chats.Code(error)));
        await second.BeatAsync();
        await second.HearAsync(status => status is { State: "Active", Sequence: 2 });
        second.Dispose();
    }

    [Fact]
    public async Task Only_the_newest_stream_of_a_life_counts()
    {
        await using var grpc = await GrpcFixture.StartAsync();
        var engine = await grpc.EngineAsync("m1");
        using var old = await Agent.ActiveAsync(grpc, engine);
        using var renewed = await Agent.ActiveAsync(grpc, engine);
        await old.EndAsync();
        await renewed.BeatAsync();
        await renewed.HearAsync(status => status is { State: "Active", Sequence: 2 });
        Assert.DoesNotContain(grpc.Fleet.Events.Newest(GrpcFixture.Pool, 50), entry => entry.Cause.StartsWith("Deleted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_silo_that_goes_down_ends_its_streams_and_says_nothing_of_the_engines()
    {
        await using var grpc = await GrpcFixture.StartAsync();
        var engine = await grpc.EngineAsync("m1");
        using var agent = await Agent.ActiveAsync(grpc, engine);
        await grpc.Lifetime.DrainAsync(CancellationToken.None);
        var error = await agent.RefusedAsync();
        Assert.Equal((StatusCode.Unavailable, "draining"), (error.StatusCode, Serving.Chats.Code(error)));
        Assert.DoesNotContain(grpc.Fleet.Events.Newest(GrpcFixture.Pool, 50), entry => entry.Cause.StartsWith("Deleted", StringComparison.Ordinal));
        using var late = new Agent(grpc);
        Assert.Equal("draining", Serving.Chats.Code(await late.RefusedAsync()));
    }

    [Fact]
    public async Task What_an_agent_says_wrong_names_the_field_and_registers_nothing()
    {
        await using var grpc = await GrpcFixture.StartAsync();
        var engine = await grpc.EngineAsync("m1");
        (Action<Register> Spoil, string Param)[] rows =
        [
            (message => message.Pool = "", "pool"),
            (message => message.Name = "no/slash", "name"),
            (message => message.Incarnation = "", "incarnation"),
            (message => message.Incarnation = "with space", "incarnation"),
            (message => message.Incarnation = new string('x', 129), "incarnation"),
            (message => message.Role = "boss", "role"),
            (message => message.Protocol = "smtp", "protocol"),
            (message => message.Url = "file:///etc/passwd", "url"),
            (message => message.Model = "\n", "model"),
            (message => message.TransferGroup = "a b", "transferGroup"),
            (message => message.Capacity = new Capacity { MaxConcurrency = -1 }, "capacity.maxConcurrency"),
        ];
        foreach (var (spoil, param) in rows)
        {
            using var agent = new Agent(grpc);
            var message = Agent.Registration(engine);
            spoil(message);
            await agent.SayAsync(message);
            var error = await agent.RefusedAsync();
            Assert.Equal((StatusCode.InvalidArgument, "invalid_request", param), (error.StatusCode, Serving.Chats.Code(error), error.Trailers.GetValue("krewe-error-param")));
        }

        using var early = new Agent(grpc);
        await early.BeatAsync();
        Assert.Equal("register", (await early.RefusedAsync()).Trailers.GetValue("krewe-error-param"));
        Assert.Null(grpc.Seen("m1"));
    }

    [Fact]
    public async Task What_a_heartbeat_says_wrong_ends_the_stream_and_large_messages_too()
    {
        await using var grpc = await GrpcFixture.StartAsync(control: options =>
        {
            options.AllowAnonymousLoopback = true;
            options.MaxBodyBytes = 1_024;
        });
        var engine = await grpc.EngineAsync("m1");
        (AgentMessage Message, string Param)[] rows =
        [
            (new AgentMessage { Heartbeat = new Heartbeat { Sequence = -1 } }, "sequence"),
            (new AgentMessage { Heartbeat = new Heartbeat { Sequence = 9, EngineSeenMs = double.NaN } }, "engineSeenMs"),
            (new AgentMessage { Heartbeat = new Heartbeat { Sequence = 9, Load = new Load { KvUsage = 1.5 } } }, "load.kvUsage"),
            (new AgentMessage { Heartbeat = new Heartbeat { Sequence = 9, Load = new Load { Running = -1 } } }, "load.running"),
            (new AgentMessage { Drain = new Drain { DeadlineMs = -1 } }, "deadlineMs"),
            (new AgentMessage(), "message"),
            (new AgentMessage { Register = Agent.Registration(engine, "another-life") }, "register"),
        ];
        foreach (var (message, param) in rows)
        {
            using var agent = await Agent.ActiveAsync(grpc, engine);
            await agent.SayAsync(message);
            var error = await agent.RefusedAsync();
            Assert.Equal((StatusCode.InvalidArgument, param), (error.StatusCode, error.Trailers.GetValue("krewe-error-param")));
        }

        using var large = await Agent.ActiveAsync(grpc, engine);
        var registration = Agent.Registration(engine);
        registration.Model = new string('x', 10_000);
        await large.SayAsync(registration);
        Assert.Equal(StatusCode.ResourceExhausted, (await large.RefusedAsync()).StatusCode);
    }

    [Fact]
    public async Task A_session_whose_token_is_taken_back_ends_with_its_next_word()
    {
        var token = new EngineToken { Sha256 = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes("secret"))) };
        await using var grpc = await GrpcFixture.StartAsync(control: options => options.EngineTokens.Add(token));
        var engine = await grpc.EngineAsync("m1");
        using var agent = new Agent(grpc, Bearer("secret"));
        await agent.SayAsync(Agent.Registration(engine));
        Assert.Equal(1, (await agent.HearAsync()).Registered.Epoch);
        await agent.BeatAsync();
        await agent.HearAsync(status => status is { State: "Active", Sequence: 1 });

        grpc.ControlAccess.Replace([new EngineToken { Sha256 = new string('0', 64) }], []);
        await agent.BeatAsync();

        var refused = await agent.RefusedAsync();
        Assert.Equal((StatusCode.Unauthenticated, "invalid_api_key"), (refused.StatusCode, Serving.Chats.Code(refused)));
        using var again = new Agent(grpc, Bearer("secret"));
        Assert.Equal(StatusCode.Unauthenticated, (await again.RefusedAsync()).StatusCode);
    }

    [Fact]
    public async Task Only_the_identity_that_owns_the_name_is_let_in()
    {
        await using var grpc = await GrpcFixture.StartAsync(control: options =>
            options.EngineTokens.Add(new EngineToken { Sha256 = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes("secret"))), Pool = "sim", Name = "m*" }));
        var (mine, other) = (await grpc.EngineAsync("m1"), await grpc.EngineAsync("x1"));
        foreach (var (token, engine, status, code) in new[]
        {
            (null, mine, StatusCode.Unauthenticated, "invalid_api_key"),
            ("wrong", mine, StatusCode.Unauthenticated, "invalid_api_key"),
            ("secret", other, StatusCode.PermissionDenied, "not_owner"),
        })
        {
            using var agent = new Agent(grpc, Bearer(token));
            var refused = agent.RefusedAsync();
            try
            {
                await agent.SayAsync(Agent.Registration(engine));
            }
            catch (RpcException)
            {
                // Refused before it had spoken.
            }

            Assert.Equal((status, code), ((await refused).StatusCode, Serving.Chats.Code(await refused)));
        }

        using var owner = new Agent(grpc, Bearer("secret"));
        await owner.SayAsync(Agent.Registration(mine));
        Assert.Equal(1, (await owner.HearAsync()).Registered.Epoch);
        Assert.Null(grpc.Seen("x1"));
    }

    private static Metadata? Bearer(string? token) => token is null ? null : new Metadata { { "authorization", $"Bearer {token}" } };
}
