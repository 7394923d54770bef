using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Krewe.Bench.Drill.Rig;
using Krewe.Testing;
using Krewe.Testing.Processes;

namespace Krewe.Bench.Drill.Cluster.Rig;

/// <summary>The processes of a drill's cluster: Redis, PostgreSQL, silos, engines; and what stands before them.</summary>
internal sealed class ClusterRig : IAsyncDisposable
{
    /// <summary>Credential of this drill's operators and agents; it guards nothing.</summary>
    private const string Token = "drill";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);

    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-cluster-drill-").FullName;
    private readonly Lock _gate = new();
    private readonly List<SiloUnderDrill> _silos = [];
    private readonly List<EngineUnderDrill> _engines = [];
    private readonly SiloProgram _program;
    private int _numbered;

    private ClusterRig(ClusterLayout layout, SiloProgram program)
    {
        Layout = layout;
        _program = program;
    }

    public ClusterLayout Layout { get; }

    public ClusterStores Stores { get; private set; } = null!;

    /// <summary>Null where all are on the machine's own network.</summary>
    public SiloNetwork? Network { get; private set; }

    public LoadBalancer Balancer { get; } = new();

    public ControlRelay Agents { get; private set; } = null!;

    public IReadOnlyList<EngineUnderDrill> Engines => _engines;

    /// <summary>All lives of silos that became ready, in their order; those that have ended, too.</summary>
    public IReadOnlyList<SiloUnderDrill> Silos
    {
        get
        {
            lock (_gate)
            {
                return [.. _silos];
            }
        }
    }

    public IReadOnlyList<SiloUnderDrill> Up => [.. Silos.Where(silo => silo.IsUp)];

    /// <summary>Called with each silo that is ready.</summary>
    public Action<SiloUnderDrill> Joined { get; set; } = _ => { };

    public EngineUnderDrill Engine(string name) => _engines.Single(engine => engine.Name == name);

    public static async Task<ClusterRig> StartAsync(ClusterLayout layout, SiloProgram program)
    {
        var rig = new ClusterRig(layout, program);
        try
        {
            rig.Network = layout.IsNetworked ? await SiloNetwork.StartAsync() : null;
            rig.Stores = await ClusterStores.StartAsync(rig.Network is null ? null : SiloNetwork.Outside, layout.RedisKeeps);
            await ClusterStores.MigrateAsync(program.Current, rig.Environment());
            rig.Agents = ControlRelay.Start(rig.OutsideAddress, () => [.. rig.Up.Where(silo => rig.Balancer.Ready.Contains(silo.Name)).Select(silo => silo.Control.Url)]);
            await rig.StartEnginesAsync();
            await Task.WhenAll(Enumerable.Range(0, layout.Silos).Select(_ => rig.StartSiloAsync(layout.StartsWithPrevious)));
            await Task.WhenAll(rig._engines.Where(engine => layout.Registered.Any(spec => spec.Name == engine.Name)).Select(engine => engine.StartAsync()));
            await rig.SettledAsync(layout.Silos, StartLimit);
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one more silo, and waits until it is ready.</summary>
    /// <param name="previous">Whether it is of the release before.</param>
    public async Task<SiloUnderDrill> StartSiloAsync(bool previous = false)
    {
        var assembly = previous ? _program.Previous ?? throw new InvalidOperationException("No release before was given.") : _program.Current;
        var number = Interlocked.Increment(ref _numbered);
        var data = Directory.CreateDirectory(Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"s{number}"))).FullName;
        string[] arguments = ["--client-port", "0", "--control-port", "0", "--grpc-port", "0", "--playground", "none", "--data", data, "--pools", PoolsFile];
        var environment = Environment();
        foreach (var unknown in previous ? _program.UnknownToPrevious : [])
        {
            environment.Remove(unknown);
        }

        ChildProcess process;
        if (Network is null)
        {
            process = ChildProcess.StartDotnet(assembly, arguments, environment);
        }
        else
        {
            environment["Krewe__Orleans__Address"] = SiloNetwork.BetweenAddress(number);
            process = await Network.StartAsync(number, assembly, [.. arguments, "--bind", SiloNetwork.ServiceAddress(number)], environment);
        }

        var silo = await SiloUnderDrill.ReadyAsync(number, process, Token, StartLimit);
        lock (_gate)
        {
            _silos.Add(silo);
        }

        Balancer.Add(silo.Target);
        Joined(silo);
        return silo;
    }

    /// <summary>Whether so many silos are up, each knows of all, and schedules every engine that is up.</summary>
    public async Task<bool> IsSettledAsync(int silos)
    {
        var up = Up;
        var engines = _engines.Where(engine => engine.IsUp).ToList();
        var isWhole = up.Count == silos;
        foreach (var silo in up)
        {
            isWhole = isWhole && await silo.ActiveAsync() is { } active && active.Order().SequenceEqual(up.Select(one => one.Id).Order()) && await silo.SchedulesAsync(engines);
        }

        return isWhole && up.All(silo => Balancer.Ready.Contains(silo.Name));
    }

    public Task SettledAsync(int silos, TimeSpan within) =>
        Eventually.TrueAsync(() => IsSettledAsync(silos), within, $"{silos} silos to know each other and {_engines.Count} engines");

    public async ValueTask DisposeAsync()
    {
        await Balancer.DisposeAsync();
        if (Agents is not null)
        {
            await Agents.DisposeAsync();
        }

        foreach (var silo in Silos)
        {
            await silo.DisposeAsync();
        }

        foreach (var engine in _engines)
        {
            await engine.DisposeAsync();
        }

        if (Stores is not null)
        {
            await Stores.DisposeAsync();
        }

        if (Network is not null)
        {
            await Network.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private string PoolsFile => Path.Combine(_folder, "pools.json");

    private IPAddress OutsideAddress => Network is null ? IPAddress.Loopback : IPAddress.Parse(SiloNetwork.Outside);

    private Dictionary<string, string> Environment()
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Token)));
        return new Dictionary<string, string>(Layout.Environment)
        {
            ["Krewe__Orleans__Clustering"] = "redis",
            ["Krewe__Orleans__Redis"] = Stores.Redis.Connection,
            ["Krewe__Orleans__Storage"] = "postgresql",
            ["Krewe__Orleans__PostgreSql"] = Stores.PostgreSql.Connection(),
            ["Krewe__Shutdown__Settle"] = "00:00:02",
            ["Krewe__Control__EngineTokens__0__Sha256"] = digest,
            ["Krewe__Control__OperatorTokens__0"] = digest,

            // The balancer stands before them, and the load is its only caller.
            ["Krewe__Client__AllowAnonymous"] = "true",
        };
    }

    private async Task StartEnginesAsync()
    {
        string[] place = ["--bind", OutsideAddress.ToString(), "--advertised-host", OutsideAddress.ToString()];
        EngineSpec Placed(EngineSpec spec) => spec with { Options = [.. place, .. spec.Options] };

        var declared = Layout.Declared.Select(spec => new EngineUnderDrill(Placed(spec), control: null)).ToList();
        _engines.AddRange(declared);
        await Task.WhenAll(declared.Select(engine => engine.StartAsync()));
        _engines.AddRange(Layout.Registered.Select(spec => new EngineUnderDrill(Placed(spec) with { Options = [.. place, "--token", Token, .. spec.Options] }, Agents.Url)));
        await File.WriteAllTextAsync(PoolsFile, Pools(declared));
    }

    private string Pools(IReadOnlyCollection<EngineUnderDrill> declared)
    {
        var pools = declared.Select(engine => engine.Pool).Concat(Layout.Registered.Select(spec => spec.Pool)).Distinct().Select(pool => new
        {
            name = pool,
            model = pool,
            open = true,
            addresses = new[] { $"{OutsideAddress}/32" },
            instances = declared.Where(engine => engine.Pool == pool).Select(engine => new
            {
                name = engine.Name, role = engine.Spec.Role, protocol = "vllm", url = engine.Url.GetLeftPart(UriPartial.Authority),
            }),
        });
        return System.Text.Json.JsonSerializer.Serialize(new { pools });
    }
}
