using System.Net;
using Krewe.Gateway.Control;
using Krewe.Gateway.Control.Access;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Gateway.Tests.Control;

/// <summary>Who may do what on the control port.</summary>
public sealed class AccessTests
{
    private const string Mine = "/fleet/v1/pools/sim/instances/a-1";
    private const string Other = "/fleet/v1/pools/sim/instances/b-1";

    /// <summary>Token, method, path, status, code.</summary>
    public static TheoryData<string?, string, string, int, string?> Matrix => new()
    {
        { null, "PUT", Mine, 401, "invalid_api_key" },
        { null, "POST", $"{Mine}/heartbeats", 401, "invalid_api_key" },
        { null, "DELETE", $"{Mine}?incarnation=one", 401, "invalid_api_key" },
        { null, "GET", "/admin/v1/pools", 401, "invalid_api_key" },
        { null, "POST", "/admin/v1/drain", 401, "invalid_api_key" },
        { null, "GET", "/metrics", 401, "invalid_api_key" },
        { null, "GET", "/livez", 200, null },
        { null, "GET", "/readyz", 503, "not_ready" },
        { "wrong", "PUT", Mine, 401, "invalid_api_key" },
        { "wrong", "GET", "/admin/v1/pools", 401, "invalid_api_key" },
        { "ENGINE-A", "PUT", Mine, 401, "invalid_api_key" },
        { "engine-a", "PUT", Mine, 200, null },
        { "engine-a", "PUT", Other, 403, "not_owner" },
        { "engine-a", "PUT", "/fleet/v1/pools/other/instances/a-1", 403, "not_owner" },
        { "engine-a", "POST", $"{Mine}/heartbeats", 404, "unknown_instance" },
        { "engine-a", "POST", $"{Other}/heartbeats", 403, "not_owner" },
        { "engine-a", "POST", $"{Mine}/drain", 404, "unknown_instance" },
        { "engine-a", "POST", $"{Other}/drain", 403, "not_owner" },
        { "engine-a", "DELETE", $"{Other}?incarnation=one", 403, "not_owner" },
        { "engine-a", "GET", "/admin/v1/pools", 403, "not_operator" },
        { "engine-a", "GET", "/admin/v1/requests/kr-00000000000000000000000000000000", 403, "not_operator" },
        { "engine-a", "POST", "/admin/v1/drain", 403, "not_operator" },
        { "engine-a", "GET", "/metrics", 403, "not_operator" },
        { "engine-b", "PUT", Other, 200, null },
        { "engine-b", "PUT", Mine, 403, "not_owner" },
        { "operator", "PUT", Mine, 403, "not_owner" },
        { "operator", "POST", $"{Mine}/heartbeats", 403, "not_owner" },
        { "operator", "DELETE", $"{Mine}?incarnation=one", 403, "not_owner" },
        { "operator", "POST", $"{Mine}/cordon", 404, "unknown_instance" },
        { "operator", "POST", $"{Mine}/drain", 404, "unknown_instance" },
        { "operator", "GET", "/admin/v1/pools", 200, null },
        { "operator", "GET", "/metrics", 200, null },
    };

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Each_identity_may_what_it_may(string? token, string method, string path, int status, string? code)
    {
        await using var host = await ControlHost.StartAsync(Configure);
        var body = path.EndsWith("/heartbeats", StringComparison.Ordinal) ? ControlHost.Heartbeat() : method == "PUT" ? ControlHost.Registration() : null;

        var answer = await host.SendAsync(new HttpMethod(method), path, body, token);

        Assert.Equal((status, code), (answer.Status, answer.Code));
        Assert.Equal(status == 401, answer.Headers.WwwAuthenticate.Count > 0);
    }

    [Fact]
    public async Task Without_tokens_and_without_leave_nobody_is_let_in()
    {
        await using var host = await ControlHost.StartAsync(_ => { });

        Assert.Equal(401, (await host.RegisterAsync("m1", ControlHost.Registration())).Status);
        Assert.Equal(401, (await host.SendAsync(HttpMethod.Get, "/admin/v1/pools", (string?)null, "anything")).Status);
        Assert.Equal(200, (await host.GetAsync("/livez")).Status);
    }

    [Theory]
    [InlineData("Basic b3BlcmF0b3I6")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("operator")]
    [InlineData("Bearer operator extra")]
    public async Task A_header_of_another_form_is_refused(string header)
    {
        await using var host = await ControlHost.StartAsync(Configure);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/v1/pools");
        request.Headers.TryAddWithoutValidation("Authorization", header);

        Assert.Equal(401, (await host.SendAsync(request)).Status);
    }

    [Fact]
    public async Task A_known_token_is_judged_by_itself_where_loopback_needs_none()
    {
        await using var host = await ControlHost.StartAsync(options =>
        {
            Configure(options);
            options.AllowAnonymousLoopback = true;
        });

        Assert.Equal(200, (await host.GetAsync("/admin/v1/pools")).Status);
        Assert.Equal(403, (await host.SendAsync(HttpMethod.Get, "/admin/v1/pools", (string?)null, "engine-a")).Status);
        Assert.Equal(401, (await host.SendAsync(HttpMethod.Get, "/admin/v1/pools", (string?)null, "wrong")).Status);
    }

    [Theory]
    [InlineData("Host", "attacker.example")]
    [InlineData("Host", "127.0.0.1.attacker.example:80")]
    [InlineData("Origin", "http://attacker.example")]
    [InlineData("Origin", "null")]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    [InlineData("Forwarded", "for=203.0.113.9")]
    public async Task A_page_of_another_site_or_a_proxy_is_not_this_machine(string header, string value)
    {
        await using var host = await ControlHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/v1/drain");
        request.Headers.TryAddWithoutValidation(header, value);

        Assert.Equal(401, (await host.SendAsync(request)).Status);
        Assert.False(host.Lifetime.IsDraining);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1:1")]
    [InlineData("[::1]:8081")]
    public async Task This_machine_may_be_called_by_any_of_its_own_names(string name)
    {
        await using var host = await ControlHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/v1/pools") { Headers = { Host = name } };
        request.Headers.TryAddWithoutValidation("Origin", $"http://{name}");

        Assert.Equal(200, (await host.SendAsync(request)).Status);
    }

    [Fact]
    public async Task Metrics_may_be_opened_to_all()
    {
        await using var host = await ControlHost.StartAsync(options => options.AnonymousMetrics = true);

        Assert.Equal(200, (await host.GetAsync("/metrics")).Status);
        Assert.Equal(401, (await host.GetAsync("/admin/v1/pools")).Status);
    }

    [Fact]
    public void Options_are_read_from_configuration_and_told_by_key()
    {
        var read = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["C:EngineTokens:0:Sha256"] = ControlHost.Hash("a"),
            ["C:EngineTokens:0:Pool"] = "sim",
            ["C:EngineTokens:0:Name"] = "a-*",
            ["C:OperatorTokens:0"] = ControlHost.Hash("o"),
            ["C:BodyTimeout"] = "00:00:03",
        }).Build().GetSection("C").Get<ControlOptions>(binder => binder.ErrorOnUnknownConfiguration = true)!;

        Assert.Empty(read.Validate());
        Assert.Equal(("sim", "a-*"), (read.EngineTokens.Single().Pool, read.EngineTokens.Single().Name));
        Assert.Single(read.OperatorTokens);
        Assert.Equal(TimeSpan.FromSeconds(3), read.BodyTimeout);
    }

    [Fact]
    public void Bad_options_are_refused_with_their_keys()
    {
        var options = new ControlOptions { MaxPools = 0, MaxBodyBytes = 1, MaxPoolBytes = 1, BodyTimeout = TimeSpan.Zero, CallTimeout = TimeSpan.FromDays(1) };
        options.EngineTokens.Add(new EngineToken { Sha256 = "plain text", Pool = "a*b", Name = "" });
        options.OperatorTokens.Add("secret");

        string[] keys = ["EngineTokens:0:Sha256", "EngineTokens:0:Pool", "EngineTokens:0:Name", "OperatorTokens:0", "MaxPools", "MaxBodyBytes", "MaxPoolBytes", "BodyTimeout", "CallTimeout"];
        Assert.Equal(keys.Select(key => $"Krewe:Control:{key}"), options.Validate().Select(message => message[..message.IndexOf(": ", StringComparison.Ordinal)]));
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddKreweControl(wrong => wrong.MaxPools = 0));
    }

    [Theory]
    [InlineData("127.0.0.1", false, false, true)]
    [InlineData("127.9.9.9", false, false, true)]
    [InlineData("::1", false, false, true)]
    [InlineData("::ffff:127.0.0.1", false, false, true)]
    [InlineData("0.0.0.0", false, false, false)]
    [InlineData("::", false, false, false)]
    [InlineData("10.0.0.1", false, false, false)]
    [InlineData("10.0.0.1", true, false, true)]
    [InlineData("10.0.0.1", false, true, true)]
    public void Beyond_loopback_somebody_must_have_a_token(string address, bool engine, bool operators, bool isFine)
    {
        // What lets this machine in lets nobody else in.
        var options = new ControlOptions { AllowAnonymousLoopback = true };
        if (engine)
        {
            options.EngineTokens.Add(new EngineToken { Sha256 = ControlHost.Hash("engine") });
        }

        if (operators)
        {
            options.OperatorTokens.Add(ControlHost.Hash("operator"));
        }

        var refusal = options.RefusalAt(IPAddress.Parse(address));
        Assert.Equal(isFine, refusal is null);
        Assert.True(isFine || refusal!.StartsWith("--control-bind: ", StringComparison.Ordinal), refusal);
    }

    [Theory]
    [InlineData("*", "anything", true)]
    [InlineData("a-*", "a-1", true)]
    [InlineData("a-*", "a-", true)]
    [InlineData("a-*", "A-1", false)]
    [InlineData("a-*", "ba-1", false)]
    [InlineData("a", "a", true)]
    [InlineData("a", "ab", false)]
    public void A_pattern_is_a_name_or_a_beginning(string pattern, string name, bool matches)
    {
        Assert.True(NamePattern.TryParse(pattern, out var parsed));
        Assert.Equal(matches, parsed.Matches(name));
    }

    private static void Configure(ControlOptions options)
    {
        options.EngineTokens.Add(new EngineToken { Sha256 = ControlHost.Hash("engine-a"), Pool = "sim", Name = "a-*" });
        options.EngineTokens.Add(new EngineToken { Sha256 = ControlHost.Hash("engine-b").ToLowerInvariant(), Pool = "*", Name = "b-1" });
        options.OperatorTokens.Add(ControlHost.Hash("operator"));
    }
}
