using Krewe.Testing;
using Krewe.Testing.Processes;

namespace Krewe.Bench.Drill.Rig;

/// <summary>The processes of one drill: a silo, and the engines that register with it.</summary>
internal sealed class DrillRig : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly string _data;
    private readonly List<EngineUnderDrill> _engines = [];

    private DrillRig(ChildProcess silo, string data)
    {
        Silo = silo;
        _data = data;
    }

    public ChildProcess Silo { get; }

    public Uri Client { get; private set; } = null!;

    public ControlPort Control { get; private set; } = null!;

    public IReadOnlyList<EngineUnderDrill> Engines => _engines;

    public static async Task<DrillRig> StartAsync(DrillLayout layout, string host)
    {
        var data = Directory.CreateTempSubdirectory("krewe-drill-").FullName;
        var silo = ChildProcess.StartDotnet(
            BuildOutput.Assembly(host == "orleans" ? "silo/Krewe.Silo" : "silo/Krewe.Silo.Local"),
            ["--client-port", "0", "--control-port", "0", "--grpc-port", "0", "--playground", "none", "--data", data]);
        var rig = new DrillRig(silo, data);
        try
        {
            rig.Control = new ControlPort(await silo.UrlAsync("Control port: ", StartLimit));
            rig.Client = await silo.UrlAsync("Krewe is ready: ", StartLimit);
            rig._engines.AddRange(layout.Engines.Select(spec => new EngineUnderDrill(spec, rig.Control.Url)));
            await Task.WhenAll(rig._engines.Select(engine => engine.StartAsync()));
            await rig.SchedulableAsync(rig._engines, TimeSpan.FromSeconds(30));
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    public EngineUnderDrill Engine(string name) => _engines.Single(engine => engine.Name == name);

    /// <summary>The instance as the silo sees it; null where it does not.</summary>
    public async Task<InstanceState?> InstanceAsync(EngineUnderDrill engine) => (await Control.PoolAsync(engine.Pool)).Find(engine.Name);

    /// <summary>Waits until the silo schedules all of them.</summary>
    public Task SchedulableAsync(IReadOnlyCollection<EngineUnderDrill> engines, TimeSpan within) => Eventually.TrueAsync(
        async () =>
        {
            var pools = await Control.PoolsAsync();
            return engines.All(engine => pools.FirstOrDefault(pool => pool.Pool == engine.Pool)?.Find(engine.Name) is { Schedulable: true });
        },
        within,
        $"{string.Join(", ", engines.Select(engine => engine.Name))} to be schedulable");

    public async ValueTask DisposeAsync()
    {
        foreach (var engine in _engines)
        {
            await engine.DisposeAsync();
        }

        Control?.Dispose();
        await Silo.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }
}
