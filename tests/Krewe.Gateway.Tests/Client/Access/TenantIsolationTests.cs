using System.Net;
using System.Text;
using System.Text.Json;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Gateway.Client;
using Krewe.Gateway.Client.Access;

namespace Krewe.Gateway.Tests.Client.Access;

/// <summary>What one tenant can learn of another: nothing.</summary>
public sealed class TenantIsolationTests
{
    [Theory]
    [InlineData(InstanceRole.Mixed)]
    [InlineData(InstanceRole.Prefill)]
    public async Task Engines_see_a_cache_salt_of_the_tenant_on_every_leg_whatever_the_client_says(InstanceRole role)
    {
        var options = new ClientPortOptions();
        var one = options.Add("one", entry => entry.Tenant = "acme");
        var two = options.Add("two", entry => entry.Tenant = "acme");
        var other = options.Add("other");
        await using var gateway = await GatewayFixture.StartAsync(options: options);
        var engines = new List<EngineSim.Hosting.SimEngineHost> { await gateway.EngineAsync("a1", role) };
        if (role == InstanceRole.Prefill)
        {
            engines.Add(await gateway.EngineAsync("b1", InstanceRole.Decode));
        }

        foreach (var key in new[] { one, two, other })
        {
            using var response = await gateway.PostAsync(
                "/v1/completions", """{"model":"sim-model","prompt":"The same prompt for all.","max_tokens":2,"cache_salt":"mine"}""", default, Keys.Bearer(key));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            await response.Content.ReadAsStringAsync();
        }

        foreach (var engine in engines)
        {
            var salts = engine.Received.Select(received => Salt(received.Body)).ToList();
            Assert.Equal(3, salts.Count);
            Assert.Equal(salts[0], salts[1]);
            Assert.NotEqual(salts[0], salts[2]);
            Assert.DoesNotContain("mine", salts);
            Assert.Equal($"\"{salts[0]}\"", Encoding.UTF8.GetString(CacheSalt.Of(new TenantId("acme"), Keys.Secret).Span));
        }
    }

    [Fact]
    public async Task The_same_prompt_of_another_tenant_hits_nothing_in_an_engine_s_cache()
    {
        var options = new ClientPortOptions();
        var one = options.Add("one");
        var other = options.Add("other");
        await using var gateway = await GatewayFixture.StartAsync(options: options);
        await gateway.EngineAsync("m1", InstanceRole.Mixed, sim => sim with { TellsCachedTokens = true });
        var prompt = string.Join(' ', Enumerable.Range(0, 400));

        Assert.Equal(0, await CachedAsync(one));
        Assert.NotEqual(0, await CachedAsync(one));
        Assert.Equal(0, await CachedAsync(other));

        async Task<int> CachedAsync(string key)
        {
            using var response = await gateway.PostAsync("/v1/completions", new { model = "sim-model", prompt, max_tokens = 1 }, default, Keys.Bearer(key));
            using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            var details = json.RootElement.GetProperty("usage").GetProperty("prompt_tokens_details");
            return details.ValueKind == JsonValueKind.Null ? 0 : details.GetProperty("cached_tokens").GetInt32();
        }
    }

    [Fact]
    public void A_salt_is_not_to_be_had_without_the_secret_and_differs_by_it()
    {
        var salt = Encoding.ASCII.GetString(CacheSalt.Of(new TenantId("acme"), Keys.Secret).Span);

        Assert.Matches("^\"[A-Za-z0-9_-]{32}\"$", salt);
        Assert.NotEqual(salt, Encoding.ASCII.GetString(CacheSalt.Of(new TenantId("acme"), Keys.Secret + "x").Span));
        Assert.DoesNotContain("acme", salt, StringComparison.Ordinal);
    }

    private static string? Salt(ReadOnlyMemory<byte> body)
    {
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("cache_salt").GetString();
    }
}
