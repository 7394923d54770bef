using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Gateway.Client;
using Krewe.Gateway.Client.Access;
using Krewe.Testing;

namespace Krewe.Gateway.Tests.Client.Access;

/// <summary>Who is let in at the client port.</summary>
public sealed class ClientKeyTests
{
    private static readonly string[] Guarded = ["/v1/models", "/v1/models/sim-model", "/v1/chat/completions", "/v1/completions", "/v1/embeddings"];

    public static TheoryData<string?> WrongHeaders => new()
    {
        (string?)null,
        "Bearer",
        "Bearer ",
        "Basic a2V5OmtleQ==",
        "Bearer krewe_app_",
        "Bearer krewe__0000000000000000000000000000000000000000000000000000000000000000",
        "Bearer krewe_app_0000000000000000000000000000000000000000000000000000000000000000",
        "Bearer krewe_nobody_0000000000000000000000000000000000000000000000000000000000000000",
        "Bearer " + new string('x', 5_000),
    };

    [Theory]
    [MemberData(nameof(WrongHeaders))]
    public async Task Where_there_are_keys_nobody_is_let_in_without_one(string? header)
    {
        var options = new ClientPortOptions();
        options.Add("app");
        await using var gateway = await GatewayFixture.StartAsync(options: options);
        foreach (var path in Guarded)
        {
            using var request = new HttpRequestMessage(path.Contains("models", StringComparison.Ordinal) ? HttpMethod.Get : HttpMethod.Post, path);
            if (header is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", header);
            }

            using var response = await gateway.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            var error = await GatewayFixture.ErrorAsync(response);
            Assert.Equal(("invalid_api_key", "invalid_request_error"), (error.GetProperty("code").GetString(), error.GetProperty("type").GetString()));
            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
            Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
            Assert.Equal(response.Headers.GetValues("Krewe-Request-Id").Single(), response.Headers.GetValues("X-Request-Id").Single());
        }

        Assert.Equal([$"{{outcome=invalid_api_key}} {Guarded.Length}"], gateway.Counters.Of("krewe.client.refusals"));
    }

    [Fact]
    public async Task Two_authorization_headers_are_no_key()
    {
        var options = new ClientPortOptions();
        var key = options.Add("app");
        await using var gateway = await GatewayFixture.StartAsync(options: options);
        var answer = await RawHttp.AskAsync(
            gateway.Http.BaseAddress!, $"GET /v1/models HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {key}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 401 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_opens_everything_and_health_needs_none()
    {
        var options = new ClientPortOptions();
        var key = options.Add("app");
        await using var gateway = await GatewayFixture.StartAsync(options: options);
        await gateway.EngineAsync("m1", InstanceRole.Mixed);
        using var served = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(), default, Keys.Bearer(key));
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        Assert.Equal("ok\n", await gateway.Http.GetStringAsync("/livez"));
        Assert.Equal("ok\n", await gateway.Http.GetStringAsync("/readyz"));
    }

    [Fact]
    public async Task Without_keys_and_without_leave_nobody_is_let_in()
    {
        await using var gateway = await GatewayFixture.StartAsync(options: new ClientPortOptions(), anonymous: false);
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.Http.GetAsync("/v1/models")).StatusCode);
    }

    [Theory]
    [InlineData("Host", "attacker.example")]
    [InlineData("Origin", "http://attacker.example")]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    public async Task A_page_of_another_site_or_a_proxy_is_not_this_machine(string header, string value)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(), default, (header, value));
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task Whoever_is_let_in_without_a_key_may_show_any()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models") { Headers = { { "Authorization", "Bearer sk-anything" } } };
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task A_key_ends_when_it_expires()
    {
        var clock = new ManualTimeProvider();
        var options = new ClientPortOptions();
        var key = options.Add("app", entry => entry.Expires = clock.GetUtcNow().AddHours(1));
        await using var gateway = await GatewayFixture.StartAsync(options: options, keysTime: clock);
        Assert.Equal(HttpStatusCode.OK, await ModelsAsync(gateway, key));
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await ModelsAsync(gateway, key));
    }

    [Fact]
    public async Task A_model_that_a_key_may_not_use_does_not_exist_for_it()
    {
        var options = new ClientPortOptions();
        var some = options.Add("some", entry => entry.Models.Add("sim-*"));
        var none = options.Add("none", entry => entry.Models.Add("other"));
        var pool = PoolDefinition.ForModel(GatewayFixture.Pool, "sim-model") with { Aliases = ["plain"] };
        await using var gateway = await GatewayFixture.StartAsync(pool, options: options);
        await gateway.EngineAsync("m1", InstanceRole.Mixed);

        Assert.Equal(["sim-model"], await ListAsync(gateway, some));
        Assert.Empty(await ListAsync(gateway, none));
        Assert.Equal(HttpStatusCode.OK, await ModelsAsync(gateway, some, "/v1/models/sim-model"));
        Assert.Equal(HttpStatusCode.NotFound, await ModelsAsync(gateway, some, "/v1/models/plain"));
        using var forbidden = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(), default, Keys.Bearer(none));
        using var unknown = await gateway.PostAsync("/v1/chat/completions", """{"model":"sim-modem","messages":[{}]}""", default, Keys.Bearer(none));
        Assert.Equal(
            (await unknown.Content.ReadAsStringAsync()).Replace("sim-modem", "sim-model", StringComparison.Ordinal), await forbidden.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.NotFound, forbidden.StatusCode);
    }

    [Fact]
    public async Task A_request_belongs_to_the_tenant_of_its_key()
    {
        var options = new ClientPortOptions();
        var key = options.Add("app", entry => entry.Tenant = "acme");
        await using var gateway = await GatewayFixture.StartAsync(options: options);
        await gateway.EngineAsync("m1", InstanceRole.Mixed);
        using var response = await gateway.PostAsync("/v1/chat/completions", GatewayFixture.Chat(), default, Keys.Bearer(key));
        await response.Content.ReadAsStringAsync();
        Assert.Equal("acme", (await gateway.RequestAsync(response)).Tenant.Value);
    }

    [Fact]
    public void A_key_is_256_random_bits_that_only_its_hash_is_kept_of()
    {
        var (one, hash) = ClientKey.New("app-1");
        var (other, _) = ClientKey.New("app-1");

        Assert.NotEqual(one, other);
        Assert.Matches("^krewe_app-1_[0-9a-f]{64}$", one);
        Assert.Equal(Control.ControlHost.Hash(one), hash, ignoreCase: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void To_tell_who_calls_takes_no_memory(bool withKey)
    {
        var options = new ClientPortOptions { AllowAnonymousLoopback = !withKey };
        var key = withKey ? options.Add("app") : null;
        var access = new ClientAccess(options, TimeProvider.System);
        var http = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        http.Request.Headers.Host = "127.0.0.1:8080";
        http.Connection.RemoteIpAddress = System.Net.IPAddress.Loopback;
        if (key is not null)
        {
            http.Request.Headers.Authorization = "Bearer " + key;
        }

        Identify(100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Identify(1_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000);

        void Identify(int times)
        {
            for (var i = 0; i < times; i++)
            {
                Assert.NotNull(access.Identify(http, out _));
            }
        }
    }

    [Theory]
    [InlineData("Krewe:Client:Keys:0:Id", "a b", null, null)]
    [InlineData("Krewe:Client:Keys:0:Tenant", "a", "anonymous", null)]
    [InlineData("Krewe:Client:Keys:0:Sha256", "a", "t", "beef")]
    public void What_cannot_be_is_named(string key, string id, string? tenant, string? hash)
    {
        var options = new ClientPortOptions { CacheSecret = Keys.Secret };
        options.Keys.Add(new ClientKeyOptions { Id = id, Tenant = tenant, Sha256 = hash ?? new string('a', 64) });
        Assert.Contains(options.Validate(), error => error.StartsWith(key + ":", StringComparison.Ordinal));
    }

    [Fact]
    public void Keys_want_a_secret_for_the_salt_and_names_of_their_own()
    {
        var options = new ClientPortOptions();
        options.Keys.Add(new ClientKeyOptions { Id = "a", Sha256 = new string('a', 64) });
        options.Keys.Add(new ClientKeyOptions { Id = "a", Sha256 = new string('b', 64) });
        Assert.Contains(options.Validate(), error => error.Contains("CacheSecret", StringComparison.Ordinal));
        Assert.Contains(options.Validate(), error => error.Contains("Two keys", StringComparison.Ordinal));
        options.CacheSecret = "short";
        Assert.Contains(options.Validate(), error => error.Contains("CacheSecret", StringComparison.Ordinal));
    }

    [Fact]
    public void Beyond_loopback_somebody_must_have_a_key_or_nobody_need_one()
    {
        var outside = IPAddress.Parse("10.0.0.1");
        var configured = new ClientPortOptions();
        configured.Add("app");

        // What lets this machine in lets nobody else in.
        Assert.StartsWith("--bind: ", new ClientPortOptions { AllowAnonymousLoopback = true }.RefusalAt(outside), StringComparison.Ordinal);
        Assert.NotNull(new ClientPortOptions().RefusalAt(IPAddress.IPv6Any));
        Assert.All([IPAddress.Loopback, IPAddress.IPv6Loopback], here => Assert.Null(new ClientPortOptions().RefusalAt(here)));
        Assert.All([configured, new() { KeysFile = "keys.json" }, new() { AllowAnonymous = true }], options => Assert.Null(options.RefusalAt(outside)));
    }

    private static async Task<HttpStatusCode> ModelsAsync(GatewayFixture gateway, string key, string path = "/v1/models")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Authorization", "Bearer " + key } } };
        using var response = await gateway.Http.SendAsync(request);
        return response.StatusCode;
    }

    private static async Task<List<string>> ListAsync(GatewayFixture gateway, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models") { Headers = { { "Authorization", "Bearer " + key } } };
        using var response = await gateway.Http.SendAsync(request);
        return [.. (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()!)];
    }
}
