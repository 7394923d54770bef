using System.Net;
using System.Net.Sockets;
using Krewe.EndToEnd.Tests.Processes;

namespace Krewe.EndToEnd.Tests;

/// <summary>What cannot run as asked says so in one line, and exits with 2.</summary>
public sealed class UsageTests
{
    public static TheoryData<string, string, string> Wrong => new()
    {
        { "--client-port", "http", "--client-port: 'http'" },
        { "--control-port", "70000", "--control-port: '70000'" },
        { "--bind", "everywhere", "--bind: 'everywhere'" },
        { "--playground", "3p", "--playground: '3p'" },
        { "--pools", "/no/such/file.json", "--pools: /no/such/file.json cannot be read" },
        { "--host", "akka", "--host: 'akka'" },
        { "--no-such-option", "1", "--no-such-option" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_wrong_option_is_named_in_one_line(string option, string value, string named)
    {
        using var data = new DataFolder();
        await using var silo = SiloProcess.Start("local", "--data", data.Path, option, value);
        Assert.Equal(2, await silo.ExitAsync(TimeSpan.FromSeconds(60)));
        var line = Assert.Single(silo.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(named, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_pools_file_is_refused_with_the_path_of_what_is_wrong()
    {
        using var data = new DataFolder();
        var file = Path.Combine(data.Path, "pools.json");
        await File.WriteAllTextAsync(file, """{"pools":[{"name":"a","model":"m","retry":{"attempts":0}}]}""");
        await using var silo = SiloProcess.Start("local", "--data", data.Path, "--pools", file);
        Assert.Equal(2, await silo.ExitAsync(TimeSpan.FromSeconds(60)));
        Assert.Contains("pools[0].retry.attempts", Assert.Single(silo.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--client-port")]
    [InlineData("--control-port")]
    public async Task A_used_port_is_named_in_one_line(string option)
    {
        using var data = new DataFolder();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        string[] ports = option == "--client-port" ? ["--control-port", "0"] : ["--client-port", "0"];
        await using var silo = SiloProcess.Start("local", ["--data", data.Path, "--playground", "none", option, port, .. ports]);
        Assert.Equal(2, await silo.ExitAsync(TimeSpan.FromSeconds(60)));
        Assert.Contains($"{option}: port {port} is in use", Assert.Single(silo.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--bind", "0.0.0.0", "--bind: 0.0.0.0", "Krewe:Client:KeysFile", "--control-bind: 0.0.0.0", "Krewe:Control:OperatorTokens:0")]
    [InlineData("--control-bind", "0.0.0.0", "--control-bind: 0.0.0.0", "Krewe:Control:OperatorTokens:0")]
    [InlineData("--control-bind", "::", "--control-bind: ::", "Krewe:Control:EngineTokens:0:Sha256")]
    public async Task A_port_that_others_reach_and_nobody_may_use_is_not_started(string option, string address, params string[] named)
    {
        using var data = new DataFolder();
        await using var silo = SiloProcess.Start("local", "--data", data.Path, "--client-port", "0", "--control-port", "0", "--playground", "none", option, address);
        Assert.Equal(2, await silo.ExitAsync(TimeSpan.FromSeconds(60)));
        var line = Assert.Single(silo.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"silo: {named[0]}", line, StringComparison.Ordinal);
        Assert.All(named, name => Assert.Contains(name, line, StringComparison.Ordinal));
        Assert.Equal(named.Length > 2, line.Contains("Krewe:Client", StringComparison.Ordinal));
    }
}
