using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Krewe.Architecture.Tests.Deployment;

/// <summary>The compose file fits together, and its credentials fit the silos.</summary>
public sealed class ComposeTests
{
    private static readonly string Folder = Path.Combine(DeployFolder.Root, "compose");

    private static readonly Yaml Compose = Yaml.Read(Path.Combine(Folder, "compose.yaml"))[0];

    private static readonly Dictionary<string, Yaml> Services = Compose["services"].Entries.ToDictionary(entry => entry.Key, entry => entry.Value);

    private static IEnumerable<Yaml> Ours => Services.Values.Where(service => service["image"].Text.StartsWith("krewe/", StringComparison.Ordinal));

    [Fact]
    public void Every_reference_leads_to_something()
    {
        foreach (var service in Services.Values)
        {
            Assert.All(service["depends_on"].Entries, entry => Assert.Contains(entry.Key, Services.Keys));
            Assert.All(service["networks"].Entries.Select(entry => entry.Key).Concat(service["networks"].Texts), network => Assert.True(Compose[$"networks/{network}"].Exists || Compose["networks"].Entries.Any(entry => entry.Key == network), network));
            Assert.All(service["secrets"].Texts, secret => Assert.True(Compose[$"secrets/{secret}"].Exists, secret));
            foreach (var source in service["volumes"].Texts.Select(volume => volume.Split(':')[0]))
            {
                Assert.True(
                    source.StartsWith("./secrets", StringComparison.Ordinal)
                    || (source.StartsWith("./", StringComparison.Ordinal) ? File.Exists(Path.Combine(Folder, source)) : Compose["volumes"].Entries.Any(entry => entry.Key == source)),
                    source);
            }
        }
    }

    [Fact]
    public void Three_silos_each_with_an_address_of_the_cluster_s_network()
    {
        var silos = Services.Where(service => service.Key.StartsWith("silo-", StringComparison.Ordinal)).Select(service => service.Value).ToList();
        Assert.Equal(3, silos.Count);
        var network = IPNetwork.Parse(Compose["networks/cluster/ipam/config"].Items.Single()["subnet"].Text);
        Assert.Distinct(silos.Select(silo => silo["environment/Krewe__Orleans__Address"].Text));
        Assert.All(silos, silo =>
        {
            var address = silo["environment/Krewe__Orleans__Address"].Text;
            Assert.Equal(address, silo["networks/cluster/ipv4_address"].Text);
            Assert.True(network.Contains(IPAddress.Parse(address)));
            Assert.Equal("redis", silo["environment/Krewe__Orleans__Clustering"].Text);
            Assert.True(DeployFolder.Seconds(silo["stop_grace_period"].Text) > 5 + 30);
            Assert.All(silo["ports"].Texts, port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));
        });
        Assert.Contains("--migrate", Services["migrate"]["command"].Texts);
    }

    [Fact]
    public void What_is_ours_runs_without_rights_on_a_root_that_is_read_only()
    {
        Assert.Equal(8, Ours.Count());
        Assert.All(Ours, service =>
        {
            Assert.Equal("true", service["read_only"].Text);
            Assert.Equal(["ALL"], service["cap_drop"].Texts);
            Assert.Contains("no-new-privileges:true", service["security_opt"].Texts);
            Assert.Contains($"AS {service["build/target"]}\n", DeployFolder.Read("container/Dockerfile"), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void The_pools_are_valid_and_their_engines_are_services_within_their_addresses()
    {
        var pool = Assert.Single(DeployFolder.Pools(File.ReadAllText(Path.Combine(Folder, "pools.json"))));
        Assert.Equal([IPNetwork.Parse(Compose["networks/engines/ipam/config"].Items.Single()["subnet"].Text)], pool.Addresses);
        foreach (var instance in pool.Instances)
        {
            var command = Services[instance.Url.Host]["command"].Texts.ToList();
            Assert.Equal(instance.Url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), command[command.IndexOf("--port") + 1]);
            Assert.Equal(instance.Role.ToString(), command[command.IndexOf("--role") + 1], ignoreCase: true);
        }
    }

    [Fact]
    public void Credentials_that_are_made_fit_what_silos_expect()
    {
        var folder = Directory.CreateTempSubdirectory("krewe-compose-");
        try
        {
            File.Copy(Path.Combine(Folder, "secrets.sh"), Path.Combine(folder.FullName, "secrets.sh"));
            var printed = Run(folder.FullName, expected: 0);
            Run(folder.FullName, expected: 1);

            var key = Regex.Match(printed, "API key: (krewe_compose_[0-9a-f]{64})\n", RegexOptions.None, TimeSpan.FromSeconds(5)).Groups[1].Value;
            using var keys = JsonDocument.Parse(Read("silo/keys.json"));
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))), keys.RootElement.GetProperty("keys")[0].GetProperty("sha256").GetString());
            var token = Regex.Match(printed, "Operator's token: ([0-9a-f]{64})\n", RegexOptions.None, TimeSpan.FromSeconds(5)).Groups[1].Value;
            using var tokens = JsonDocument.Parse(Read("silo/tokens.json"));
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token))), tokens.RootElement.GetProperty("operators")[0].GetString());
            Assert.Contains($"Password={Read("postgres")}", Read("silo/config/Krewe__Orleans__PostgreSql"), StringComparison.Ordinal);
            Assert.True(Read("silo/config/Krewe__Client__CacheSecret").Length >= 32);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        string Read(string name) => File.ReadAllText(Path.Combine(folder.FullName, "secrets", name));
    }

    private static string Run(string folder, int expected)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["secrets.sh"]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(30)));
        Assert.Equal(expected, process.ExitCode);
        return output;
    }
}
