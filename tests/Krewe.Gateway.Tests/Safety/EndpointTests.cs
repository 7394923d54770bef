using Krewe.Core.Identity;
using Krewe.Gateway.Client;
using Krewe.Gateway.Tests.Client;
using Krewe.Gateway.Tests.Client.Access;
using Krewe.Gateway.Tests.Control;
using Krewe.Gateway.Tests.Story;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Gateway.Tests.Safety;

/// <summary>Every path that there is, asked for by nobody.</summary>
public sealed class EndpointTests
{
    private static readonly string[] Open = ["/livez", "/readyz"];
    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"];

    [Fact]
    public async Task Every_path_of_the_client_port_but_health_needs_a_key()
    {
        var options = new ClientPortOptions();
        options.Add("app");
        await using var gateway = await GatewayFixture.StartAsync(options: options);
        await CheckAsync(gateway.Endpoints, gateway.Http, atLeast: 8);
    }

    [Fact]
    public async Task Every_path_of_the_control_port_but_health_needs_a_token()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        await using var admin = await AdminPort.StartAsync(gateway, control => control.OperatorTokens.Add(ControlHost.Hash("operator")));
        await CheckAsync(admin.Endpoints, admin.Http, atLeast: 12);
    }

    private static async Task CheckAsync(EndpointDataSource endpoints, HttpClient http, int atLeast)
    {
        var patterns = endpoints.Endpoints.OfType<RouteEndpoint>().Select(endpoint => "/" + endpoint.RoutePattern.RawText!.TrimStart('/')).Distinct().ToList();
        Assert.True(patterns.Count >= atLeast, string.Join(' ', patterns));
        foreach (var pattern in patterns.Where(pattern => pattern != "/{**path}"))
        {
            var path = pattern
                .Replace("{id}", new RequestId(1, 2).ToString(), StringComparison.Ordinal)
                .Replace("{**model}", "sim-model", StringComparison.Ordinal)
                .Replace("{pool}", "sim", StringComparison.Ordinal)
                .Replace("{name}", "m1", StringComparison.Ordinal);
            Assert.DoesNotContain('{', path);
            var statuses = new List<int>();
            foreach (var method in Methods)
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), path);
                using var response = await http.SendAsync(request);
                statuses.Add((int)response.StatusCode);
            }

            // The console's files hold no data; what they show is asked for with credentials.
            if (Open.Contains(pattern) || pattern == "/" || pattern.StartsWith("/console/", StringComparison.Ordinal))
            {
                Assert.DoesNotContain(401, statuses);
            }
            else
            {
                // Whichever it takes are guarded, and a method that it does not take says nothing.
                Assert.Contains(401, statuses);
                Assert.All(statuses, status => Assert.True(status is 401 or 405, $"{pattern}: {status}"));
            }
        }
    }
}
