using System.Net;
using System.Text;
using Krewe.EndToEnd.Tests.Processes;
using Krewe.Testing;

namespace Krewe.EndToEnd.Tests;

/// <summary>A silo as operators run it, told to log everything.</summary>
public sealed class DiskCanaryTests
{
    private const string Canary = "CANARY-7f3a91";
    private const string Secret = "CANARY-7f3a91-cache-secret-of-32-characters";

    private static readonly string[] Shapes = ["true", "false"];

    [Theory]
    [MemberData(nameof(SiloProcess.Hosts), MemberType = typeof(SiloProcess))]
    public async Task Nothing_of_a_prompt_or_a_key_is_written_to_disk_or_to_the_console(string host)
    {
        using var data = new DataFolder();
        await using var silo = await SiloProcess.ReadyAsync(
            host,
            data.Path,
            "2p2d",
            new Dictionary<string, string> { ["Logging__LogLevel__Default"] = "Trace", ["Krewe__Client__CacheSecret"] = Secret });
        await silo.ServingAsync("sim", 4);
        foreach (var stream in Shapes)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions");
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + Canary);
            request.Headers.TryAddWithoutValidation("User-Agent", Canary);
            request.Content = new StringContent(
                $$"""{"model":"sim-model","messages":[{"role":"user","content":"{{Canary}}"}],"max_tokens":4,"stream":{{stream}}}""", Encoding.UTF8, "application/json");
            using var response = await silo.Client.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            await response.Content.ReadAsStringAsync();
        }

        using var bad = await silo.Client.PostAsync($"v1/chat/completions?key={Canary}", new StringContent("{\"" + Canary));
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);

        // Everything was said: at this level there is something.
        await Eventually.TrueAsync(() => silo.Process.Output.Contains("dbug", StringComparison.Ordinal) || silo.Process.Output.Contains("trce", StringComparison.Ordinal));
        Assert.DoesNotContain(Canary, silo.Process.Output, StringComparison.Ordinal);
        var files = Directory.GetFiles(data.Path, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            await using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var bytes = new MemoryStream();
            await open.CopyToAsync(bytes);
            Assert.Equal(-1, bytes.GetBuffer().AsSpan(0, (int)bytes.Length).IndexOf(Encoding.UTF8.GetBytes(Canary)));
        }
    }
}
