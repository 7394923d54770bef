using System.Net;
using System.Text.RegularExpressions;
using Krewe.EndToEnd.Tests.Processes;
using Krewe.Testing;

namespace Krewe.EndToEnd.Tests;

/// <summary>From the command that makes a key to a silo that asks for it.</summary>
public sealed partial class ApiKeyTests
{
    [Fact]
    public async Task A_key_that_was_made_opens_a_silo_that_is_closed_without_one()
    {
        using var data = new DataFolder();
        var made = await RunAsync("--new-key", "app-1", "--tenant", "acme");
        var (key, entry) = (Key().Match(made).Groups[1].Value, Entry().Match(made).Groups[1].Value);
        var secret = Token().Match(await RunAsync("--new-token")).Groups[1].Value;
        var (pools, keys) = (Path.Combine(data.Path, "pools.json"), Path.Combine(data.Path, "keys.json"));
        await File.WriteAllTextAsync(pools, """{"pools":[{"name":"a","model":"m"}]}""");
        await File.WriteAllTextAsync(keys, $$"""{"keys":[{{entry}}]}""");
        var secrets = Directory.CreateDirectory(Path.Combine(data.Path, "secrets")).FullName;
        await File.WriteAllTextAsync(Path.Combine(secrets, "Krewe__Client__CacheSecret"), secret + "\n");

        await using var silo = await SiloProcess.ReadyAsync(
            "local", data.Path, "none", new Dictionary<string, string> { ["KREWE_SECRETS"] = secrets, ["Krewe__Client__KeysFile"] = keys }, "--pools", pools);

        Assert.Equal(HttpStatusCode.Unauthorized, (await silo.Client.GetAsync("v1/models")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await silo.Control.GetAsync("admin/v1/pools")).StatusCode);
        silo.Client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer " + key);
        Assert.Contains("\"m\"", await silo.Client.GetStringAsync("v1/models"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await silo.Client.GetAsync("livez")).StatusCode);
    }

    [Theory]
    [InlineData("--new-key", "a b")]
    [InlineData("--tenant", "acme")]
    public async Task A_wrong_name_is_told_in_one_line(string option, string value)
    {
        await using var silo = SiloProcess.Start("local", option, value);
        Assert.Equal(2, await silo.ExitAsync(TimeSpan.FromSeconds(60)));
        Assert.StartsWith($"silo: {option}: ", silo.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_without_a_secret_are_refused_at_start()
    {
        using var data = new DataFolder();
        await using var silo = Testing.Processes.ChildProcess.StartDotnet(
            Testing.Processes.BuildOutput.Assembly("silo/Krewe.Silo.Local"),
            ["--data", data.Path, "--playground", "none"],
            new Dictionary<string, string> { ["Krewe__Client__KeysFile"] = "/no/such/file.json" });
        Assert.Equal(2, await silo.ExitAsync(TimeSpan.FromSeconds(60)));
        Assert.Contains("Krewe:Client:CacheSecret", silo.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_follows_its_file_of_tokens()
    {
        using var data = new DataFolder();
        var (first, next) = (Made(await RunAsync("--new-token")), Made(await RunAsync("--new-token")));
        var tokens = Path.Combine(data.Path, "tokens.json");
        await File.WriteAllTextAsync(tokens, $$"""{"operators":["{{first.Sha256}}"]}""");
        await using var silo = await SiloProcess.ReadyAsync(
            "local", data.Path, "none", new Dictionary<string, string> { ["Krewe__Control__TokensFile"] = tokens });
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), (await AskAsync(first.Token), await AskAsync(next.Token)));

        await File.WriteAllTextAsync(tokens, $$"""{"operators":["{{next.Sha256}}"]}""");

        await Eventually.TrueAsync(async () => await AskAsync(next.Token) == HttpStatusCode.OK, TimeSpan.FromSeconds(30), "the new token is let in");
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(first.Token));

        async Task<HttpStatusCode> AskAsync(string token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "admin/v1/pools") { Headers = { { "Authorization", "Bearer " + token } } };
            using var answer = await silo.Control.SendAsync(request);
            return answer.StatusCode;
        }

        static (string Token, string Sha256) Made(string output) => (Token().Match(output).Groups[1].Value, Sha256().Match(output).Groups[1].Value);
    }

    [Fact]
    public async Task A_file_of_tokens_that_is_not_there_is_refused_at_start()
    {
        using var data = new DataFolder();
        await using var silo = Testing.Processes.ChildProcess.StartDotnet(
            Testing.Processes.BuildOutput.Assembly("silo/Krewe.Silo.Local"),
            ["--data", data.Path, "--playground", "none", "--client-port", "0", "--control-port", "0"],
            new Dictionary<string, string> { ["Krewe__Control__TokensFile"] = "/no/such/file.json" });
        Assert.Equal(2, await silo.ExitAsync(TimeSpan.FromSeconds(60)));
        Assert.StartsWith("silo: Krewe:Control:TokensFile: /no/such/file.json: ", Assert.Single(silo.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    private static async Task<string> RunAsync(params string[] arguments)
    {
        await using var silo = SiloProcess.Start("local", arguments);
        Assert.Equal(0, await silo.ExitAsync(TimeSpan.FromSeconds(60)));
        return silo.Output;
    }

    [GeneratedRegex("API key .*: (krewe_app-1_[0-9a-f]{64})")]
    private static partial Regex Key();

    [GeneratedRegex(@"(\{.*\})")]
    private static partial Regex Entry();

    [GeneratedRegex("Token .*: ([0-9a-f]{64})")]
    private static partial Regex Token();

    [GeneratedRegex("SHA-256: ([0-9a-f]{64})")]
    private static partial Regex Sha256();
}
