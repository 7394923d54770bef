using System.Net;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Gateway.Client;
using Krewe.Gateway.Control.Access;
using Krewe.Gateway.Tests.Client;
using Krewe.Gateway.Tests.Client.Access;
using Krewe.Gateway.Tests.Control;
using Krewe.Gateway.Tests.Story;
using Krewe.Testing;

namespace Krewe.Gateway.Tests.Safety;

/// <summary>Whoever is not to have prompts gets none: not a byte of them.</summary>
public sealed class RogueEngineTests
{
    private const string Prompt = "CANARY-PROMPT-7f3a";

    [Theory]
    [InlineData(null, 401)]
    [InlineData("wrong", 401)]
    [InlineData("client", 401)]
    [InlineData("engine-b", 403)]
    [InlineData("operator", 403)]
    public async Task A_rogue_registration_gets_nowhere(string? token, int status)
    {
        await using var rogue = new Bystander();
        var (gateway, admin, key) = await StartAsync();
        await using var first = gateway;
        await using var second = admin;
        await gateway.EngineAsync("a-1", InstanceRole.Mixed);

        var answer = await PutAsync(admin, "a-2", "rogue", rogue.Url, token == "client" ? key : token);

        Assert.Equal(status, (int)answer.StatusCode);
        await ServeAsync(gateway, key, 20);
        Assert.Equal(["a-1"], gateway.Fleet.View.Find(GatewayFixture.Pool)!.View.All().Select(one => one.Id.Name.Value));
        Assert.Equal((0, ""), (rogue.Connections, rogue.Received));
    }

    [Fact]
    public async Task A_replayed_registration_gets_nowhere()
    {
        var (gateway, admin, key) = await StartAsync();
        await using var first = gateway;
        await using var second = admin;
        var old = await EngineSim.Hosting.SimEngineHost.StartAsync(new EngineSim.Hosting.SimEngineOptions { Name = "a-1" });
        var oldUrl = old.Url;
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(admin, "a-1", "life-1", oldUrl, "engine-a")).StatusCode);
        await old.DisposeAsync();

        // Its successor is taken as soon as the old life is silent; from its first good probe on the old one is over for good.
        await using var current = await EngineSim.Hosting.SimEngineHost.StartAsync(new EngineSim.Hosting.SimEngineOptions { Name = "a-1" });
        await Eventually.TrueAsync(async () => (await PutAsync(admin, "a-1", "life-2", current.Url, "engine-a")).StatusCode == HttpStatusCode.OK);
        await SchedulableAsync(gateway, epoch: 2);
        await using var rogue = new Bystander(port: oldUrl.Port);

        var replayed = await PutAsync(admin, "a-1", "life-1", oldUrl, "engine-a");

        Assert.Equal(HttpStatusCode.Conflict, replayed.StatusCode);
        Assert.Equal("stale_incarnation", (await GatewayFixture.ErrorAsync(replayed)).GetProperty("code").GetString());
        await ServeAsync(gateway, key, 20);
        Assert.DoesNotContain(Prompt, rogue.Received, StringComparison.Ordinal);
        Assert.DoesNotContain("POST", rogue.Received, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_redirecting_engine_points_at_is_never_called()
    {
        await using var target = new Bystander();
        await using var redirecting = new Bystander(said => said.StartsWith("GET /health", StringComparison.Ordinal)
            ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
            : Bystander.Redirect(target.Url));
        var (gateway, admin, key) = await StartAsync();
        await using var first = gateway;
        await using var second = admin;
        await PutAsync(admin, "a-1", "life-1", redirecting.Url, "engine-a");
        await SchedulableAsync(gateway, epoch: 1);

        using var response = await PostAsync(gateway, key);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains("POST /v1/completions", redirecting.Received, StringComparison.Ordinal);
        Assert.Equal((0, ""), (target.Connections, target.Received));
    }

    [Fact]
    public async Task An_engine_whose_health_redirects_is_not_taken_for_healthy()
    {
        await using var target = new Bystander();
        await using var redirecting = new Bystander(_ => Bystander.Redirect(target.Url));
        var (gateway, admin, key) = await StartAsync();
        await using var first = gateway;
        await using var second = admin;
        await gateway.EngineAsync("a-1", InstanceRole.Mixed);
        await PutAsync(admin, "a-2", "life-1", redirecting.Url, "engine-a");

        await Eventually.TrueAsync(() => redirecting.Received.Contains("GET /health", StringComparison.Ordinal));
        await ServeAsync(gateway, key, 20);

        Assert.DoesNotContain("POST", redirecting.Received, StringComparison.Ordinal);
        Assert.Equal((0, ""), (target.Connections, target.Received));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("[::ffff:127.0.0.1]")]
    public async Task An_address_outside_the_allow_list_gets_no_connection_by_whatever_name(string host)
    {
        // Engines are at 127.0.0.2 here, and nowhere else.
        await using var outside = new Bystander();
        var (gateway, admin, key) = await StartAsync(pool => pool with { Addresses = [IPNetwork.Parse("127.0.0.2/32")] });
        await using var first = gateway;
        await using var second = admin;
        await gateway.EngineAsync("a-1", InstanceRole.Mixed, sim => sim with { Bind = IPAddress.Parse("127.0.0.2") });

        using var answer = await PutAsync(admin, "a-2", "life-1", new UriBuilder(outside.Url) { Host = host }.Uri, "engine-a");

        if (host == "localhost")
        {
            // A name says nothing before it is resolved, which is when it is dialled: the probe finds out.
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        else
        {
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Equal("url", (await GatewayFixture.ErrorAsync(answer)).GetProperty("param").GetString());
        }

        await ServeAsync(gateway, key, 20);
        Assert.Equal((0, ""), (outside.Connections, outside.Received));
    }

    [Fact]
    public async Task An_operator_s_token_is_no_client_s_key_and_no_key_is_an_operator_s_token()
    {
        var (gateway, admin, key) = await StartAsync();
        await using var first = gateway;
        await using var second = admin;

        using var asClient = await PostAsync(gateway, "operator");
        using var asOperator = await admin.SendAsync(HttpMethod.Get, "/admin/v1/pools", key);

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (asClient.StatusCode, asOperator.StatusCode));
    }

    private static async Task<(GatewayFixture Gateway, AdminPort Admin, string Key)> StartAsync(Func<PoolDefinition, PoolDefinition>? shape = null)
    {
        var options = new ClientPortOptions();
        var key = options.Add("app");
        var pool = PoolDefinition.ForModel(GatewayFixture.Pool, "sim-model") with { Retry = GatewayFixture.QuickPool().Retry };
        var gateway = await GatewayFixture.StartAsync(shape?.Invoke(pool) ?? pool, options: options);
        var admin = await AdminPort.StartAsync(gateway, control =>
        {
            control.EngineTokens.Add(new EngineToken { Sha256 = ControlHost.Hash("engine-a"), Name = "a-*" });
            control.EngineTokens.Add(new EngineToken { Sha256 = ControlHost.Hash("engine-b"), Name = "b-*" });
            control.OperatorTokens.Add(ControlHost.Hash("operator"));
        });
        return (gateway, admin, key);
    }

    private static Task<HttpResponseMessage> PutAsync(AdminPort admin, string name, string incarnation, Uri url, string? token) => admin.SendAsync(
        HttpMethod.Put, $"/fleet/v1/pools/sim/instances/{name}", token, ControlHost.Registration(incarnation, url: url.ToString()));

    private static Task<HttpResponseMessage> PostAsync(GatewayFixture gateway, string key) =>
        gateway.PostAsync("/v1/completions", new { model = "sim-model", prompt = Prompt, max_tokens = 2 }, default, Keys.Bearer(key));

    private static async Task ServeAsync(GatewayFixture gateway, string key, int count)
    {
        for (var i = 0; i < count; i++)
        {
            using var response = await PostAsync(gateway, key);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    private static Task SchedulableAsync(GatewayFixture gateway, long epoch) => Eventually.TrueAsync(
        () => gateway.Fleet.View.Find(GatewayFixture.Pool)!.View.All().Any(one => one.Epoch.Value == epoch && one.Schedulable));
}
