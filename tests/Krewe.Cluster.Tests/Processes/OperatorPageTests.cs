using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Krewe.Testing;

namespace Krewe.Cluster.Tests.Processes;

/// <summary>What a silo shows of Orleans: its dashboard, and its figures among the metrics.</summary>
public sealed class OperatorPageTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("krewe-dashboard-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task The_dashboard_shows_live_grains_to_operators_and_nothing_to_others()
    {
        var environment = new Dictionary<string, string>
        {
            ["Krewe__Control__OperatorTokens__0"] = Hash("operator"),
            ["Krewe__Control__EngineTokens__0__Sha256"] = Hash("engine"),
        };
        await using var silo = await ClusterSiloProcess.ReadyAsync(environment, "--data", _data);

        foreach (var path in new[] { "/dashboard/", "/dashboard/index.min.js", "/dashboard/DashboardCounters?exclude=", "/dashboard/GrainState?grainId=a&grainType=b", "/dashboard/Trace" })
        {
            // On loopback nobody needs a token here, as in the playground: a wrong one is wrong all the same.
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(silo, path, new AuthenticationHeaderValue("Bearer", "wrong")));
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(silo, path, Basic("wrong")));
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(silo, path, new AuthenticationHeaderValue("Bearer", "engine")));
        }

        using var asked = await GetAsync(silo, "/dashboard/", Basic("wrong"));
        Assert.Equal("Basic", asked.Headers.WwwAuthenticate.Single().Scheme);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(silo, "/admin/v1/pools", Basic("operator")));

        foreach (var operators in new[] { Basic("operator"), new AuthenticationHeaderValue("Bearer", "operator") })
        {
            using var page = await GetAsync(silo, "/dashboard/", operators);
            Assert.Contains("<html", await page.Content.ReadAsStringAsync(), StringComparison.OrdinalIgnoreCase);
            Assert.Equal("DENY", page.Headers.GetValues("X-Frame-Options").Single());
        }

        await Eventually.TrueAsync(
            async () =>
            {
                using var answer = await GetAsync(silo, "/dashboard/DashboardCounters?exclude=", Basic("operator"));
                var counters = await answer.Content.ReadFromJsonAsync<JsonElement>();
                return counters.GetProperty("simpleGrainStats").EnumerateArray().Any(grain => grain.GetProperty("grainType").GetString() == "Krewe.Orleans.Pools.PoolIndexGrain");
            },
            what: "the dashboard counts the silo's grains");
    }

    [Fact]
    public async Task Orleans_figures_are_among_the_metrics_and_few()
    {
        await using var silo = await ClusterSiloProcess.ReadyAsync(new Dictionary<string, string>(), "--data", _data);

        Assert.True(await silo.GaugeAsync("orleans_catalog_activations") > 0, "grains are active");
        Assert.True(await silo.GaugeAsync("orleans_catalog_activation_created_total") > 0, "grains came");
        Assert.True(await silo.GaugeAsync("orleans_messaging_sent_local_total") > 0, "grains were called");
        var lines = (await silo.Control.GetStringAsync("/metrics")).Split('\n').Count(line => line.StartsWith("orleans_", StringComparison.Ordinal));
        Assert.InRange(lines, 3, 200);
    }

    private static string Hash(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private static AuthenticationHeaderValue Basic(string token) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("me:" + token)));

    private static async Task<HttpStatusCode> StatusAsync(ClusterSiloProcess silo, string path, AuthenticationHeaderValue authorization)
    {
        using var answer = await GetAsync(silo, path, authorization);
        return answer.StatusCode;
    }

    private static async Task<HttpResponseMessage> GetAsync(ClusterSiloProcess silo, string path, AuthenticationHeaderValue authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = authorization;
        return await silo.Control.SendAsync(request);
    }
}
