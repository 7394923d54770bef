using System.Globalization;
using Krewe.Bench.Drill.Load;
using Krewe.Bench.Drill.Rig;
using Krewe.Testing.Processes;

namespace Krewe.Bench.Drill.Cluster.Rig;

/// <summary>One life of one silo: a process that is ready, and what may be done to it.</summary>
internal sealed class SiloUnderDrill : IAsyncDisposable
{
    private SiloUnderDrill(int number, ChildProcess process, Uri client, ControlPort control, string id)
    {
        Number = number;
        Name = string.Create(CultureInfo.InvariantCulture, $"s{number}");
        Process = process;
        Target = new Target(Name, client);
        Control = control;
        Id = id;
    }

    /// <summary>Counted up with each silo that is started; its place on the drill's own network, where there is one.</summary>
    public int Number { get; }

    /// <summary>What the drill calls this life.</summary>
    public string Name { get; }

    /// <summary>What silos call it.</summary>
    public string Id { get; }

    public ChildProcess Process { get; }

    public Target Target { get; }

    public ControlPort Control { get; }

    public bool IsUp => !Process.HasExited && Process.SchedulerState() is not ('T' or 'Z' or null);

    /// <summary>Waits until the process says that it is ready.</summary>
    public static async Task<SiloUnderDrill> ReadyAsync(int number, ChildProcess process, string? token, TimeSpan within)
    {
        try
        {
            var control = new ControlPort(await process.UrlAsync("Control port: ", within), token);
            var client = await process.UrlAsync("Krewe is ready: ", within);
            return new SiloUnderDrill(number, process, client, control, (await control.SilosAsync()).Single(one => one.Self).Silo);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>The ids of the silos that it takes for active; null where it does not answer.</summary>
    public async Task<IReadOnlyList<string>?> ActiveAsync()
    {
        try
        {
            return [.. (await Control.SilosAsync()).Where(one => one.State == "Active").Select(one => one.Silo)];
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Whether it schedules all of them, on leases that are whole; false where it does not answer.</summary>
    public async Task<bool> SchedulesAsync(IReadOnlyCollection<EngineUnderDrill> engines)
    {
        try
        {
            var pools = await Control.PoolsAsync();
            return engines.All(engine => pools.FirstOrDefault(pool => pool.Pool == engine.Pool)?.Find(engine.Name) is { Schedulable: true, State: "Active" });
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    public async Task KillAsync()
    {
        Process.Signal(Signals.Kill);
        await Process.ExitAsync(TimeSpan.FromSeconds(10));
    }

    /// <summary>The exit code; null if it has not exited by then.</summary>
    public async Task<int?> ExitCodeAsync(TimeSpan within)
    {
        try
        {
            return await Process.ExitAsync(within);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Control.Dispose();
        await Process.DisposeAsync();
    }
}
