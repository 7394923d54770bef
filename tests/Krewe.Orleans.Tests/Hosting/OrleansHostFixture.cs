using Krewe.Core.Identity;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Ports;
using Krewe.HostConformance;
using Krewe.Orleans.Hosting;
using Krewe.Orleans.Storage;
using Krewe.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Orleans.Tests.Hosting;

/// <summary>The Orleans host on a SQLite file, as <c>Krewe.Silo</c> runs it.</summary>
public sealed class OrleansHostFixture : HostFixture
{
    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-orleans-").FullName;
    private readonly List<SiloLife> _crashed = [];
    private SiloLife? _life;
    private int _lives;

    public override IActors Actors => Life.Actors;

    public override FleetServices Services => Life.Fleet;

    private SiloLife Life => _life ?? throw new InvalidOperationException("The silo is not running.");

    public override async ValueTask InitializeAsync() => await StartAsync();

    public override async ValueTask RestartAsync()
    {
        await Life.DisposeAsync();
        await StartAsync();
    }

    // The old life runs on, a cluster of its own, with timers and all; but its storage is gone and its view is nobody's.
    public override async ValueTask CrashAsync()
    {
        await SettleAsync();
        Life.Services.GetRequiredService<StateFileLock>().Dispose();
        Life.Storage.Break();
        _crashed.Add(Life);
        await StartAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var life in _crashed.Append(Life))
        {
            await life.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    // What is written behind the turns is written: what the suite waits for to be seen is then stored, too.
    private async Task SettleAsync()
    {
        // Once for what instances tell their pools, and once for what pools make of it. A stranger's heartbeat changes nothing.
        for (var round = 0; round < 2; round++)
        {
            foreach (var pool in Services.View.Pools)
            {
                foreach (var instance in pool.View.All())
                {
                    await Actors.Instance(instance.Id).HeartbeatAsync(new HeartbeatCommand(new IncarnationId("stranger"), 1, TimeSpan.Zero, default));
                }

                await Actors.Pool(pool.Name).DescribeAsync();
            }
        }

        await Eventually.EqualAsync(0, () => Life.Storage.Writing);
    }

    private async Task StartAsync() =>
        _life = await SiloLife.StartAsync(++_lives, Probe, Options(), (silo, fleet) => silo.UseKrewe(fleet, Path.Combine(_folder, "state.db")));
}
