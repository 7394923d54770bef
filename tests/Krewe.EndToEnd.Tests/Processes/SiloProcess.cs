using System.Net.Http.Json;
using System.Text.Json;
using Krewe.Testing;
using Krewe.Testing.Processes;

namespace Krewe.EndToEnd.Tests.Processes;

/// <summary>A silo as an operator runs it, on free ports, with a data folder that outlives it.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private SiloProcess(ChildProcess process, Uri client, Uri control, string readyLine)
    {
        Process = process;
        Client = new HttpClient { BaseAddress = client, Timeout = TimeSpan.FromSeconds(60) };
        Control = new HttpClient { BaseAddress = control, Timeout = TimeSpan.FromSeconds(20) };
        ReadyLine = readyLine;
    }

    public ChildProcess Process { get; }

    public HttpClient Client { get; }

    public HttpClient Control { get; }

    public string ReadyLine { get; }

    /// <summary>The hosts that this build has: the local one everywhere, Orleans where its packages restored.</summary>
    public static TheoryData<string> Hosts => BuildOutput.Has("silo/Krewe.Silo") ? ["local", "orleans"] : ["local"];

    public static ChildProcess Start(string host, params IEnumerable<string> arguments) =>
        ChildProcess.StartDotnet(Assembly(host), arguments);

    private static string Assembly(string host) => BuildOutput.Assembly(host == "orleans" ? "silo/Krewe.Silo" : "silo/Krewe.Silo.Local");

    public static Task<SiloProcess> ReadyAsync(string host, string data, string playground = "none", params IEnumerable<string> more) =>
        ReadyAsync(host, data, playground, new Dictionary<string, string>(), more);

    public static async Task<SiloProcess> ReadyAsync(
        string host, string data, string playground, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> more)
    {
        var process = ChildProcess.StartDotnet(
            Assembly(host),
            ["--client-port", "0", "--control-port", "0", "--grpc-port", "0", "--data", data, "--playground", playground, .. more],
            environment);
        try
        {
            var control = await process.LineAsync("Control port: ", StartLimit);
            var ready = await process.LineAsync("Krewe is ready: ", StartLimit);
            return new SiloProcess(process, new Uri(ready.Split(' ')[3].Replace("/v1", "/", StringComparison.Ordinal)), new Uri(control.Split(' ')[2]), ready);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public async Task<JsonElement> PoolAsync(string pool) => await Control.GetFromJsonAsync<JsonElement>($"/admin/v1/pools/{pool}");

    /// <summary>The pool, once so many of its instances are schedulable.</summary>
    public Task<JsonElement> ServingAsync(string pool, int instances) => Eventually.ReadAsync(
        async () =>
        {
            using var answer = await Control.GetAsync($"/admin/v1/pools/{pool}");
            return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<JsonElement>() : default;
        },
        seen => seen.ValueKind == JsonValueKind.Object
            && seen.GetProperty("instances").EnumerateArray().Count(one => one.GetProperty("schedulable").GetBoolean()) == instances,
        TimeSpan.FromSeconds(30),
        $"{instances} schedulable instances in {pool}");

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Control.Dispose();
        await Process.DisposeAsync();
    }
}
