using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Krewe.Bench.Drill.Cluster.Rig;
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

    private ClusterStores? _stores;

    private OverheadRig(string host, int silos)
    {
        Host = host;
        Silos = silos;
    }

    public string Host { get; }

    public int Silos { get; }

    /// <summary>The silo's control port.</summary>
    public HttpClient Control { get; } = new();

    /// <summary>direct, bare, mixed, pd, and keyed where asked for; engines that take no time.</summary>
    public IReadOnlyList<Target> Fast { get; private set; } = [];

    /// <summary>The same with engines that stream at a pace.</summary>
    public IReadOnlyList<Target> Paced { get; private set; } = [];

    public static async Task<OverheadRig> StartAsync(string host, int silos = 1, bool keys = false)
    {
        if (silos is < 1 or > 9 || (silos > 1 && host != "orleans"))
        {
            throw new ArgumentException("--silos: 1 to 9, and more than one on Orleans only.", nameof(silos));
        }

        var rig = new OverheadRig(host, silos);
        try
        {
            await rig.StartAsync();
            if (keys)
            {
                rig.Fast = [.. rig.Fast, await rig.KeyedAsync()];
            }

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

        if (_stores is not null)
        {
            await _stores.DisposeAsync();
        }

        Control.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    private async Task StartAsync()
    {
        var environment = Silos == 1 ? SiloEnvironment : await ClusterAsync();
        var silos = Enumerable.Range(1, Silos).Select(number => Silo($"{number}", environment)).ToList();
        foreach (var other in silos)
        {
            await other.UrlAsync("Krewe is ready: ", StartLimit);
        }

        var control = await silos[0].UrlAsync("Control port: ", StartLimit);
        var client = await silos[0].UrlAsync("Krewe is ready: ", StartLimit);
        Control.BaseAddress = control;
        Fast = await TargetsAsync("fast", ["--fast"], silos, client, control);
        Paced = await TargetsAsync("paced", ["--step-ms", $"{PaceMs}", "--step-ms-per-running", "0"], silos, client, control);
        await ServingAsync(control, 6);
    }

    private async Task<IReadOnlyList<Target>> TargetsAsync(string kind, string[] timing, IReadOnlyList<ChildProcess> silos, Uri client, Uri control)
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
            new Target("direct", engine, mixedModel, []),
            new Target("bare", await bare.UrlAsync("Bare is ready: ", StartLimit), mixedModel, [bare]),
            new Target("mixed", client, mixedModel, silos),
            new Target("pd", client, pdModel, silos),
        ];
    }

    private ChildProcess Silo(string name, IReadOnlyDictionary<string, string> environment) => Run(
        Host == "orleans" ? "silo/Krewe.Silo" : "silo/Krewe.Silo.Local",
        ["--client-port", "0", "--control-port", "0", "--grpc-port", "0", "--playground", "none", "--data", Path.Combine(_data, name)],
        environment);

    /// <summary>A silo alone that asks for a key, with limits that are counted and never reached.</summary>
    private async Task<Target> KeyedAsync()
    {
        var key = $"krewe_bench_{new string('0', 64)}";
        var silo = Silo("keyed", new Dictionary<string, string>(SiloEnvironment)
        {
            ["Krewe__Client__AllowAnonymousLoopback"] = "false",
            ["Krewe__Client__CacheSecret"] = new string('s', 32),
            ["Krewe__Client__Keys__0__Id"] = "bench",
            ["Krewe__Client__Keys__0__Sha256"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))),
            ["Krewe__Client__Keys__0__RequestsPerMinute"] = "1000000000",
            ["Krewe__Client__Keys__0__TokensPerMinute"] = "1000000000000",
            ["Krewe__Client__Keys__0__MaxRunning"] = "1000000",
        });
        var client = await silo.UrlAsync("Krewe is ready: ", StartLimit);
        var control = await silo.UrlAsync("Control port: ", StartLimit);
        Run("src/Krewe.EngineSim", ["--name", "m1", "--role", "mixed", "--pool", "keyed", "--model", "keyed", "--fast", "--max-num-seqs", "4096", "--kv-blocks", "1000000", "--register", control.ToString()]);
        await ServingAsync(control, 1);
        return new Target("keyed", client, "keyed", [silo]) { Headers = $"Authorization: Bearer {key}\r\n" };
    }

    /// <summary>Starts what several silos share; the result tells them where it is.</summary>
    private async Task<IReadOnlyDictionary<string, string>> ClusterAsync()
    {
        _stores = await ClusterStores.StartAsync(address: null, redisKeeps: true);
        var environment = new Dictionary<string, string>(SiloEnvironment)
        {
            ["Krewe__Orleans__Clustering"] = "redis",
            ["Krewe__Orleans__Redis"] = _stores.Redis.Connection,
            ["Krewe__Orleans__Storage"] = "postgresql",
            ["Krewe__Orleans__PostgreSql"] = _stores.PostgreSql.Connection(),
        };
        await ClusterStores.MigrateAsync(BuildOutput.Assembly("silo/Krewe.Silo"), environment);
        return environment;
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
