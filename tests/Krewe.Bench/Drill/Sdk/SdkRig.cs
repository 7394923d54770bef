using System.Net;
using Krewe.Bench.Drill.Cluster.Rig;
using Krewe.Bench.Drill.Rig;
using Krewe.Testing;
using Krewe.Testing.Processes;

namespace Krewe.Bench.Drill.Sdk;

/// <summary>The processes of the SDK's drill: silos in their places, engines that register with them, and a back end that uses the SDK.</summary>
internal sealed class SdkRig : IAsyncDisposable
{
    /// <summary>Engines and silos go as they please, but never the last engine of a role.</summary>
    private static readonly EngineSpec[] Engines =
    [
        new("p1", "prefill", DrillLayout.Split), new("p2", "prefill", DrillLayout.Split), new("d1", "decode", DrillLayout.Split), new("d2", "decode", DrillLayout.Split),
    ];

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly List<EngineUnderDrill> _engines = [];
    private readonly List<SiloSlot> _silos = [];
    private ClusterStores? _stores;
    private ControlRelay? _agents;

    private SdkRig()
    {
    }

    public IReadOnlyList<EngineUnderDrill> All => _engines;

    public IReadOnlyList<SiloSlot> Silos => _silos;

    /// <summary>The back end's process.</summary>
    public ChildProcess Backend { get; private set; } = null!;

    public Uri BackendUrl { get; private set; } = null!;

    public static async Task<SdkRig> StartAsync(string host)
    {
        var rig = new SdkRig();
        try
        {
            var environment = new Dictionary<string, string> { ["Krewe__Shutdown__Settle"] = "00:00:00.500", ["Krewe__Shutdown__Grace"] = "00:00:01" };
            var assembly = BuildOutput.Assembly(host == "orleans" ? "silo/Krewe.Silo" : "silo/Krewe.Silo.Local");
            if (host == "orleans")
            {
                rig._stores = await ClusterStores.StartAsync(null, redisKeeps: true);
                environment["Krewe__Orleans__Clustering"] = "redis";
                environment["Krewe__Orleans__Redis"] = rig._stores.Redis.Connection;
                environment["Krewe__Orleans__Storage"] = "postgresql";
                environment["Krewe__Orleans__PostgreSql"] = rig._stores.PostgreSql.Connection();
                await ClusterStores.MigrateAsync(assembly, environment);
            }

            rig._silos.AddRange(Enumerable.Range(0, host == "orleans" ? 3 : 1).Select(_ => new SiloSlot(assembly, environment)));
            await Task.WhenAll(rig._silos.Select(silo => silo.StartAsync()));
            rig._agents = ControlRelay.Start(IPAddress.Loopback, () => [.. rig._silos.Where(silo => silo.IsUp).Select(silo => silo.Control.Url)]);
            rig._engines.AddRange(Engines.Select(spec => new EngineUnderDrill(
                spec with
                {
                    Pace = ["--fixed-ttft-ms", "50", "--step-ms", "12", "--step-ms-per-running", "0"],

                    // Answers end by their limit: so many tokens as were asked for.
                    Options = ["--min-answer", "4000", "--max-answer", "4000"],
                },
                rig._agents.Url)));
            await Task.WhenAll(rig._engines.Select(engine => engine.StartAsync()));
            await rig.ServingAsync(StartLimit);
            await rig.StartBackendAsync();
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until every silo that is up schedules every engine.</summary>
    public Task ServingAsync(TimeSpan within) => Eventually.TrueAsync(
        async () =>
        {
            foreach (var silo in _silos.Where(silo => silo.IsUp))
            {
                if ((await silo.Control.PoolsAsync()).FirstOrDefault(pool => pool.Pool == DrillLayout.Split) is not { } pool
                    || !_engines.TrueForAll(engine => pool.Find(engine.Name) is { Schedulable: true }))
                {
                    return false;
                }
            }

            return true;
        },
        within,
        "every silo to schedule every engine");

    public async ValueTask DisposeAsync()
    {
        if (Backend is not null)
        {
            await Backend.DisposeAsync();
        }

        foreach (var engine in _engines)
        {
            await engine.DisposeAsync();
        }

        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }

        if (_agents is not null)
        {
            await _agents.DisposeAsync();
        }

        if (_stores is not null)
        {
            await _stores.DisposeAsync();
        }
    }

    private async Task StartBackendAsync()
    {
        List<string> arguments = ["--urls", "http://127.0.0.1:0", "--Krewe:Model", DrillLayout.Split];
        for (var i = 0; i < _silos.Count; i++)
        {
            arguments.AddRange([$"--Krewe:Endpoints:{i}", _silos[i].Client.ToString()]);
        }

        Backend = ChildProcess.StartDotnet(BuildOutput.Assembly("client/samples/Krewe.Samples.Backend"), arguments);
        BackendUrl = await Backend.UrlAsync("Ready: ", StartLimit);
    }
}
