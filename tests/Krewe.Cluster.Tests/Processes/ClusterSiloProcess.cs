using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Krewe.Testing.Processes;

namespace Krewe.Cluster.Tests.Processes;

/// <summary>One silo of a cluster of processes, as an operator runs it.</summary>
internal sealed class ClusterSiloProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);

    /// <summary>
    /// Code that is compiled once more pays off after longer than a test lasts: what was learned of it is not looked at, and it
    /// has to be called some 800 times (hexadecimal) first, not 30.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Quick { get; } = new Dictionary<string, string>
    {
        ["DOTNET_TieredPGO"] = "0",
        ["DOTNET_TC_CallCountThreshold"] = "300",
    };

    private ClusterSiloProcess(ChildProcess process, Uri client, Uri control)
    {
        Process = process;
        Client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1_000 }) { BaseAddress = client, Timeout = TimeSpan.FromSeconds(60) };
        Control = new HttpClient { BaseAddress = control, Timeout = TimeSpan.FromSeconds(10) };
    }

    public ChildProcess Process { get; }

    public HttpClient Client { get; }

    public HttpClient Control { get; }

    public static ChildProcess Start(IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments) =>
        ChildProcess.StartDotnet(BuildOutput.Assembly("silo/Krewe.Silo"), arguments, environment.Concat(Quick).DistinctBy(entry => entry.Key).ToDictionary());

    public static async Task<ClusterSiloProcess> ReadyAsync(IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        var process = Start(environment, ["--client-port", "0", "--control-port", "0", "--grpc-port", "0", "--playground", "none", .. arguments]);
        try
        {
            var control = await process.UrlAsync("Control port: ", StartLimit);
            return new ClusterSiloProcess(process, await process.UrlAsync("Krewe is ready: ", StartLimit), control);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where it serves gRPC.</summary>
    public Task<Uri> GrpcAsync() => Process.UrlAsync("gRPC port: ", StartLimit);

    /// <summary>The states of the silos that it knows.</summary>
    public async Task<IReadOnlyList<string>> SilosAsync()
    {
        var answer = await Control.GetFromJsonAsync<JsonElement>("/admin/v1/silos");
        return [.. answer.GetProperty("silos").EnumerateArray().Select(silo => silo.GetProperty("state").GetString()!)];
    }

    public async Task<IReadOnlyList<JsonElement>> InstancesAsync(string pool)
    {
        using var answer = await Control.GetAsync(new Uri($"/admin/v1/pools/{pool}", UriKind.Relative));
        return answer.IsSuccessStatusCode ? [.. (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("instances").EnumerateArray()] : [];
    }

    /// <summary>The sum of a gauge over its labels, as <c>/metrics</c> tells it.</summary>
    public async Task<double> GaugeAsync(string name)
    {
        var text = await Control.GetStringAsync("/metrics");
        return text.Split('\n')
            .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    /// <summary>A chat of so many tokens, streamed; null if it was whole, else what was wrong.</summary>
    public Task<string?> ChatAsync(string model, int tokens) => ChatAsync(Client, Client.BaseAddress!, model, tokens);

    /// <summary>The same, with a silo that is told by its client port.</summary>
    public static async Task<string?> ChatAsync(HttpClient client, Uri url, string model, int tokens)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url, "/v1/chat/completions"))
            {
                Content = JsonContent.Create(new { model, messages = new[] { new { role = "user", content = "hello" } }, stream = true, max_tokens = tokens, ignore_eos = true }),
            };
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            if (!answer.IsSuccessStatusCode)
            {
                return $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}";
            }

            var text = await answer.Content.ReadAsStringAsync();
            return text.TrimEnd().EndsWith("data: [DONE]", StringComparison.Ordinal) ? null : $"it ended with: {text[^Math.Min(300, text.Length)..]}";
        }
        catch (Exception error) when (error is HttpRequestException or IOException or TaskCanceledException)
        {
            return $"{error.GetType().Name}: {error.Message}";
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Control.Dispose();
        await Process.DisposeAsync();
    }
}
