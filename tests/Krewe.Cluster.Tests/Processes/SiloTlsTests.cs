using System.Net;
using Krewe.Testing.Stores;
using Krewe.Testing.Tls;

namespace Krewe.Cluster.Tests.Processes;

/// <summary>Silos that speak TLS among themselves.</summary>
public sealed class SiloTlsTests
{
    [Fact]
    public async Task Silos_of_one_authority_are_a_cluster_and_whoever_has_no_certificate_of_it_is_no_silo()
    {
        using var certificates = new Certificates();
        using var others = new Certificates();
        await using var cluster = await ClusterProcesses.StartAsync(silos: 2, engines: 2, redis: false, settings: Settings(certificates, certificates.AuthorityFile));
        foreach (var silo in cluster.Running)
        {
            using var answer = await silo.Client.PostAsync("v1/completions", new StringContent($$"""{"model":"{{ClusterProcesses.Model}}","prompt":"hi","max_tokens":3}"""));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        foreach (var settings in new[] { Settings(others, certificates.AuthorityFile), new Dictionary<string, string>() })
        {
            var environment = cluster.Environment.Where(entry => !entry.Key.StartsWith("Krewe__Tls__", StringComparison.Ordinal)).ToDictionary();
            foreach (var (key, value) in settings)
            {
                environment[$"Krewe__{key}"] = value;
            }

            await using var stranger = ClusterSiloProcess.Start(
                environment, "--client-port", "0", "--control-port", "0", "--grpc-port", "0", "--playground", "none", "--pools", cluster.PoolsFile);

            // Not for its settings (2): it ran, and was not let in.
            Assert.False(await stranger.ExitAsync(TimeSpan.FromSeconds(120)) is 0 or 2, stranger.Output);
            Assert.DoesNotContain("Krewe is ready", stranger.Output, StringComparison.Ordinal);
        }

        // And one more that has a certificate of it is.
        await cluster.StartSiloAsync();
        await cluster.MetAsync(3);

        await cluster.ServingAsync(2);
    }

    [Fact]
    public async Task Stores_are_spoken_to_over_TLS_where_their_connection_strings_say_so()
    {
        Assert.SkipWhen(ClusterProcesses.Missing is not null, ClusterProcesses.Missing ?? "");
        using var certificates = new Certificates();
        await using var redis = await RedisServer.StartAsync(tls: certificates);
        await using var postgreSql = await PostgreSqlServer.StartAsync(tls: certificates);
        var secure = new Dictionary<string, string>
        {
            ["Krewe__Orleans__Clustering"] = "redis",
            ["Krewe__Orleans__Storage"] = "postgresql",
            ["Krewe__Orleans__Redis"] = redis.Connection + ",ssl=true,sslHost=127.0.0.1",
            ["Krewe__Orleans__PostgreSql"] = postgreSql.Connection() + ";SSL Mode=VerifyFull;Root Certificate=" + certificates.AuthorityFile,
            ["SSL_CERT_FILE"] = certificates.AuthorityFile,
            ["Krewe__Control__AllowAnonymousLoopback"] = "true",
        };
        await using (var migrate = ClusterSiloProcess.Start(secure, "--migrate"))
        {
            Assert.Equal(0, await migrate.ExitAsync(TimeSpan.FromSeconds(60)));
        }

        await using var silo = await ClusterSiloProcess.ReadyAsync(secure);
        Assert.Equal(["Active"], await silo.SilosAsync());

        // In clear neither takes anybody, and what another authority signed is not taken for the store.
        using var others = new Certificates();
        foreach (var (key, value, named) in new[]
        {
            ("Krewe__Orleans__Redis", redis.Connection + ",connectTimeout=2000", "Krewe:Orleans:Redis: "),
            ("Krewe__Orleans__PostgreSql", postgreSql.Connection() + ";SSL Mode=Disable", "Krewe:Orleans:PostgreSql: "),
            ("Krewe__Orleans__PostgreSql", postgreSql.Connection() + ";SSL Mode=VerifyFull;Root Certificate=" + others.AuthorityFile, "Krewe:Orleans:PostgreSql: "),
            ("SSL_CERT_FILE", others.AuthorityFile, "Krewe:Orleans:Redis: "),
        })
        {
            await using var refused = ClusterSiloProcess.Start(new Dictionary<string, string>(secure) { [key] = value }, "--client-port", "0", "--control-port", "0", "--grpc-port", "0");
            Assert.Equal(2, await refused.ExitAsync(TimeSpan.FromSeconds(60)));
            Assert.Contains(named, refused.Output, StringComparison.Ordinal);
        }
    }

    private static Dictionary<string, string> Settings(Certificates shown, string authority)
    {
        var (certificate, key) = shown.Issue("silo");
        return new() { ["Tls__Silos__Certificate"] = certificate, ["Tls__Silos__Key"] = key, ["Tls__Silos__Authority"] = authority };
    }
}
