using System.Text.Json;
using Krewe.Gateway.Access;
using Krewe.Gateway.Control;
using Krewe.Gateway.Control.Access;
using Krewe.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Gateway.Tests.Control;

/// <summary>Engines' and operators' tokens in a file that changes.</summary>
public sealed class ControlTokensReloadTests : IDisposable
{
    private const string Name = "/fleet/v1/pools/sim/instances/a-1";

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task Tokens_come_and_go_with_their_lines_in_the_file_and_what_cannot_be_changes_nothing()
    {
        Write(["old"], ["engine-old"]);
        var options = new ControlOptions { TokensFile = _file };
        options.OperatorTokens.Add(ControlHost.Hash("configured"));
        await using var host = await ControlHost.StartAsync(control => control.OperatorTokens.Add(options.OperatorTokens[0]));
        var clock = new ManualTimeProvider();
        var reload = ControlTokensFile.Follow(host.Access, options, clock, NullLogger.Instance);
        Assert.Equal([401, 401, 200, 401, 401], await AskAsync(host));
        reload.Load();
        using var stop = new CancellationTokenSource();
        var running = reload.RunAsync(stop.Token);
        Assert.Equal([200, 401, 200, 200, 401], await AskAsync(host));

        Write(["new"], ["engine-new"]);
        int[] after = [401, 200, 200, 401, 200];
        await Eventually.TrueAsync(async () =>
        {
            clock.Advance(FollowedFile.Interval);
            return (await AskAsync(host)).SequenceEqual(after);
        });

        foreach (var wrong in new[] { "{", "[]", """{"operators":["plain"]}""", """{"operators":[null]}""", """{"engines":[null]}""", """{"tokens":[]}""", """{"engines":[{"sha256":"x"}]}""" })
        {
            await File.WriteAllTextAsync(_file, wrong);
            reload.Look();
            Assert.Equal(after, await AskAsync(host));
        }

        File.Delete(_file);
        reload.Look();
        Assert.Equal(after, await AskAsync(host));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task What_an_operator_watches_ends_with_its_token()
    {
        await using var host = await ControlHost.StartAsync(control => control.OperatorTokens.Add(ControlHost.Hash("old")));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/v1/stream") { Headers = { { "Authorization", "Bearer old" } } };
        using var answer = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var stream = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.Equal("event: snapshot", await stream.ReadLineAsync());

        host.Access.Replace([], [ControlHost.Hash("new")]);

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await stream.ReadToEndAsync(limit.Token);
    }

    [Fact]
    public void What_is_wrong_with_a_file_is_told_by_its_path_and_without_a_hash()
    {
        var error = Assert.Throws<InvalidDataException>(() => ControlTokensFile.Parse(
            """{"operators":["CANARY"],"engines":[{"sha256":"CANARY","pool":"a*b","name":""},null]}"""u8));
        Assert.All(["operators:0", "engines:0:Sha256", "engines:0:Pool", "engines:0:Name", "engines:1"], path => Assert.Contains(path + ": ", error.Message, StringComparison.Ordinal));
        Assert.DoesNotContain("CANARY", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void There_are_no_more_tokens_than_may_be_compared_with_each_caller_s()
    {
        var many = Enumerable.Repeat(ControlHost.Hash("one"), ControlOptions.MaxTokens + 1).ToList();
        Write(many);
        var options = new ControlOptions { TokensFile = _file };
        var reload = ControlTokensFile.Follow(new ControlAccess(options), options, TimeProvider.System, NullLogger.Instance);
        Assert.Throws<InvalidDataException>(reload.Load);
        many.ForEach(options.OperatorTokens.Add);
        Assert.Contains(options.Validate(), error => error.StartsWith("Krewe:Control:OperatorTokens: ", StringComparison.Ordinal));
    }

    /// <summary>What each token gets: three operators', then two engines'.</summary>
    private static async Task<List<int>> AskAsync(ControlHost host)
    {
        var codes = new List<int>();
        foreach (var token in new[] { "old", "new", "configured" })
        {
            codes.Add((await host.SendAsync(HttpMethod.Get, "/admin/v1/pools", (string?)null, token)).Status);
        }

        foreach (var token in new[] { "engine-old", "engine-new" })
        {
            codes.Add((await host.SendAsync(HttpMethod.Put, Name, ControlHost.Registration(), token)).Status);
        }

        return codes;
    }

    private void Write(string[] operators, string[] engines) =>
        File.WriteAllText(_file, JsonSerializer.Serialize(new
        {
            operators = operators.Select(ControlHost.Hash),
            engines = engines.Select(token => new { sha256 = ControlHost.Hash(token), pool = "sim", name = "a-*" }),
        }));

    private void Write(IEnumerable<string> hashes) => File.WriteAllText(_file, JsonSerializer.Serialize(new { operators = hashes }));
}
