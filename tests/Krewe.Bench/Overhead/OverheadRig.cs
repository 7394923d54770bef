using System.Net.Http.Json;
using System.Text.Json;
using Krewe.Testing.Processes;

namespace Krewe.Bench.Overhead;

/// <summary>
/// The processes that are measured: fast engines, the bare forwarder, one silo. Two pairs of pools: one whose engines
/// take no time, for the cost of a request; one whose tokens come at a real engine's pace, for the cost of an event.
/// </summary>
internal sealed class OverheadRig : IAsyncDisposable
{
    /// <summary>Pace of the streams, milliseconds between tokens.</summary>
    private const int PaceMs = 20;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    // As silo/run starts one.
    private static readonly Dictionary<string, string> SiloEnvironment = new() { ["DOTNET_GCgen0size"] = "0x4000000" };

    private readonly List<ChildProcess> _processes = [];
    private readonly string _data = Directory.CreateTempSubdirectory("krewe-bench-").FullName;

    private OverheadRig(string host) => Host = host;

    public string Host { get; }

    /// <summary>direct, bare, mixed, pd; engines that take no time.</summary>
    public IReadOnlyList<Target> Fast { get; private set; } = [];

    /// <summary>The same with engines that stream at a pace.</summary>
    public IReadOnlyList<Target> Paced { get; private set; } = [];

    public static async Task<OverheadRig> StartAsync(string host)
    {
        var rig = new OverheadRig(host);
        try
        {
            await rig.StartAsync();
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_processes))
        {
            await process.DisposeAsync();
        }

        Directory.Delete(_data, recursive: true);
    }

    private async Task StartAsync()
    {
        var silo = Run(
            Host == "orleans" ? "silo/Krewe.Silo" : "silo/Krewe.Silo.Local",
            ["--client-port", "0", "--control-port", "0", "--grpc-port", "0", "--playground", "none", "--data", _data],
            SiloEnvironment);
        var control = await silo.UrlAsync("Control port: ", StartLimit);
        var client = await silo.UrlAsync("Krewe is ready: ", StartLimit);
        Fast = await TargetsAsync("fast", ["--fast"], silo, client, control);
        Paced = await TargetsAsync("paced", ["--step-ms", $"{PaceMs}", "--step-ms-per-running", "0"], silo, client, control);
        await ServingAsync(control, 6);
    }

    private async Task<IReadOnlyList<Target>> TargetsAsync(string kind, string[] timing, ChildProcess silo, Uri client, Uri control)
    {
        string[] common = ["--max-num-seqs", "4096", "--kv-blocks", "1000000", "--register", control.ToString(), .. timing];
        var mixedModel = $"{kind}-mixed";
        var pdModel = $"{kind}-pd";
        var mixed = Run("src/Krewe.EngineSim", ["--name", "m1", "--role", "mixed", "--pool", mixedModel, "--model", mixedModel, .. common]);
        Run("src/Krewe.EngineSim", ["--name", "p1", "--role", "prefill", "--pool", pdModel, "--model", pdModel, .. common]);
        Run("src/Krewe.EngineSim", ["--name", "d1", "--role", "decode", "--pool", pdModel, "--model", pdModel, .. common]);
        var engine = await mixed.UrlAsync("is ready: ", StartLimit);
        var bare = Run("tests/Krewe.Bench", ["bare", "--target", engine.ToString()]);
        return
        [
            new Target("direct", engine, mixedModel, null),
            new Target("bare", await bare.UrlAsync("Bare is ready: ", StartLimit), mixedModel, bare),
            new Target("mixed", client, mixedModel, silo),
            new Target("pd", client, pdModel, silo),
        ];
    }

    private ChildProcess Run(string project, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var process = ChildProcess.StartDotnet(BuildOutput.Assembly(project), arguments, environment);
        _processes.Add(process);
        return process;
    }

    /// <summary>Waits until the silo takes requests for all of the engines.</summary>
    private static async Task ServingAsync(Uri control, int engines)
    {
        using var http = new HttpClient { BaseAddress = control };
        for (var until = DateTime.UtcNow + StartLimit; DateTime.UtcNow < until; await Task.Delay(50))
        {
            var pools = await http.GetFromJsonAsync<JsonElement>("/admin/v1/pools");
            var instances = (pools.ValueKind == JsonValueKind.Array ? pools : pools.GetProperty("pools")).EnumerateArray()
                .SelectMany(pool => pool.GetProperty("instances").EnumerateArray());
            if (instances.Count(instance => instance.GetProperty("schedulable").GetBoolean()) == engines)
            {
                return;
            }
        }

        throw new TimeoutException("The engines did not come up.");
    }
}
