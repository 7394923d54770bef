using System.Net;
using Krewe.Core.Instances;
using Krewe.EngineSim.Engine;
using Krewe.Gateway.Client;

namespace Krewe.Gateway.Tests.Client.Access;

/// <summary>Another tenant's request is like one that never was, whatever is asked of it and whenever.</summary>
public sealed class ForeignRequestTests
{
    private const string Unknown = "kr-0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_foreign_tenant_s_request_id_gets_nowhere(bool resumable)
    {
        var options = new ClientPortOptions();
        var mine = options.Add("mine");
        var colleague = options.Add("colleague", entry => entry.Tenant = "mine");
        var other = options.Add("other");
        await using var gateway = await GatewayFixture.StartAsync(options: options);
        await gateway.EngineAsync("m1", InstanceRole.Mixed, sim => sim with { Timing = new SimTiming { StepBase = TimeSpan.FromMilliseconds(5) } });
        using var running = await gateway.PostAsync(
            "/v1/completions",
            new { model = "sim-model", prompt = "CANARY", max_tokens = 400, ignore_eos = true, stream = true },
            default,
            resumable ? [Keys.Bearer(mine), ("Krewe-Resume-Ms", "60000")] : [Keys.Bearer(mine)]);
        Assert.Equal(HttpStatusCode.OK, running.StatusCode);
        var id = running.Headers.GetValues("Krewe-Request-Id").Single();
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(gateway, HttpMethod.Get, id, mine)).Status);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(gateway, HttpMethod.Get, id, colleague)).Status);

        await NowhereAsync();
        Assert.Equal(1, gateway.Fleet.Reservations.Count);
        Assert.Equal(HttpStatusCode.NoContent, (await AskAsync(gateway, HttpMethod.Delete, id, colleague)).Status);
        await gateway.IdleAsync();

        // Ended, it is still somebody's.
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(gateway, HttpMethod.Get, id, mine)).Status);
        await NowhereAsync();

        async Task NowhereAsync()
        {
            foreach (var (method, path) in new[] { (HttpMethod.Get, ""), (HttpMethod.Delete, ""), (HttpMethod.Get, "/stream") })
            {
                var foreign = await AskAsync(gateway, method, id + path, other);
                var never = await AskAsync(gateway, method, Unknown + path, other);
                Assert.Equal((HttpStatusCode.NotFound, never.Body), (foreign.Status, foreign.Body));
                Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(gateway, method, id + path, "none")).Status);
            }
        }
    }

    private static async Task<(HttpStatusCode Status, string Body)> AskAsync(GatewayFixture gateway, HttpMethod method, string path, string key)
    {
        using var request = new HttpRequestMessage(method, "/v1/requests/" + path) { Headers = { { "Authorization", "Bearer " + key } } };
        using var response = await gateway.Http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
