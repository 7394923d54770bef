using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Krewe.EngineSim.Hosting;
using Krewe.EngineSim.Tests.Http;

namespace Krewe.EngineSim.Tests.Cli;

/// <summary>The real executable.</summary>
public sealed partial class SimProcessTests
{
    [GeneratedRegex("^Engine sim (?<name>\\S+) \\((?<role>\\w+)\\) is ready: (?<url>http://127\\.0\\.0\\.1:[0-9]+) incarnation (?<incarnation>[0-9a-f]{32})$")]
    private static partial Regex Ready();

    private static Process Start(params string[] args)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(typeof(SimEngineHost).Assembly.Location);
        foreach (var arg in args)
        {
            start.ArgumentList.Add(arg);
        }

        return Process.Start(start)!;
    }

    private static async Task<Match> ReadyLineAsync(Process process)
    {
        var line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
        var ready = Ready().Match(line ?? "");
        Assert.True(ready.Success, $"Not a ready line: {line}");
        return ready;
    }

    [Fact]
    public async Task TwoProcesses_HandKvOver_CheckedOverTheSideChannel_AndEndOnSigterm()
    {
        using var process = Start("--name", "p", "--role", "prefill", "--count", "2", "--fast");
        try
        {
            var first = await ReadyLineAsync(process);
            var second = await ReadyLineAsync(process);
            Assert.Equal(("p1", "p2", "prefill"), (first.Groups["name"].Value, second.Groups["name"].Value, second.Groups["role"].Value));

            await using var engines = new EngineFixture();
            var (engine, decode) = await engines.StartAsync(EngineFixture.Quick with { Name = "d" });
            using var prefill = new HttpClient { BaseAddress = new Uri(first.Groups["url"].Value) };
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = new StringContent("""{"prompt":"hand this over, please","max_tokens":1,"kv_transfer_params":{"do_remote_decode":true}}""") };
            request.Headers.Add("X-Request-Id", "r1");
            var answer = JsonElement.Parse(await (await prefill.SendAsync(request)).Content.ReadAsStringAsync());
            var transfer = answer.GetProperty("kv_transfer_params").GetRawText();
            string Body(string parameters) => $$"""{"prompt":"hand this over, please","max_tokens":4,"kv_transfer_params":{{parameters}}}""";

            // The other engine of that process listens there, but did not prefill.
            var other = transfer.Replace($":{first.Groups["url"].Value.Split(':')[^1]},", $":{second.Groups["url"].Value.Split(':')[^1]},", StringComparison.Ordinal);
            Assert.Contains("is not at", (await decode.TextAsync("/v1/completions", Body(other), "r1")).Body, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, (await decode.TextAsync("/v1/completions", Body(transfer), "r1")).Status);
            Assert.True(engine.State.TransferredTokens > 0);
            Assert.Contains("already read", (await decode.TextAsync("/v1/completions", Body(transfer), "r1")).Body, StringComparison.Ordinal);
            var state = JsonElement.Parse(await prefill.GetStringAsync("/sim/state"));
            Assert.Equal((0, 0), (state.GetProperty("leasesHeld").GetInt32(), state.GetProperty("blocksInUse").GetInt32()));

            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(0, process.ExitCode);
            Assert.Equal("", await process.StandardError.ReadToEndAsync());
        }
        finally
        {
            process.Kill();
        }
    }

    [Fact]
    public async Task TheExitFault_EndsTheProcess_AsKillDoes()
    {
        using var process = Start("--fast");
        try
        {
            using var http = new HttpClient { BaseAddress = new Uri((await ReadyLineAsync(process)).Groups["url"].Value) };
            await Assert.ThrowsAsync<HttpRequestException>(() => http.PostAsync("/sim/fault", new StringContent("""{"kind":"exit"}""")));
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(137, process.ExitCode);
        }
        finally
        {
            process.Kill();
        }
    }

    [Theory]
    [InlineData("--bogus", "--bogus")]
    [InlineData("--role=nurse", "--role")]
    [InlineData("--count=0", "--count")]
    [InlineData("--port=70000", "Port")]
    [InlineData("--name=no name", "Name")]
    [InlineData("--bind=nowhere", "--bind")]
    [InlineData("--register=nowhere", "--register")]
    [InlineData("--prefill-ms-per-token=-1", "--prefill-ms-per-token")]
    [InlineData("--kv-blocks=0", "KvBlocks")]
    public async Task ABadOption_IsOneClearLine_AndExit2(string arg, string named)
    {
        using var process = Start(arg);
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(2, process.ExitCode);
        var line = Assert.Single((await error).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(named, line, StringComparison.Ordinal);
        Assert.Equal("", await process.StandardOutput.ReadToEndAsync());
    }

    [Fact]
    public async Task APortInUse_IsOneClearLine_AndExit2()
    {
        await using var engine = await SimEngineHost.StartAsync(EngineFixture.Instant);
        using var process = Start("--port", engine.Url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(2, process.ExitCode);
        Assert.Contains(engine.Url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), Assert.Single((await error).Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }
}
