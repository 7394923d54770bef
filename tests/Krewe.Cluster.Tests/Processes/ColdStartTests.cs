using Krewe.Testing.Processes;

namespace Krewe.Cluster.Tests.Processes;

/// <summary>All silos killed at once, the membership in PostgreSQL.</summary>
public sealed class ColdStartTests
{
    [Fact]
    public async Task After_all_silos_were_killed_a_cold_start_keeps_every_epoch()
    {
        await using var cluster = await ClusterProcesses.StartAsync(redis: false);
        var before = await EpochsAsync(cluster.Silos[0]);
        foreach (var silo in cluster.Silos)
        {
            silo.Process.Signal(Signals.Kill);
        }

        foreach (var silo in cluster.Silos)
        {
            await silo.Process.ExitAsync(TimeSpan.FromSeconds(10));
        }

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => cluster.StartSiloAsync()));

        await cluster.MetAsync(3);
        await cluster.ServingAsync(4);
        foreach (var silo in cluster.Running)
        {
            Assert.Equal(before, await EpochsAsync(silo));
            Assert.Null(await silo.ChatAsync(ClusterProcesses.Model, 3));
        }

        await cluster.IdleAsync();
    }

    private static async Task<Dictionary<string, long>> EpochsAsync(ClusterSiloProcess silo) =>
        (await silo.InstancesAsync(ClusterProcesses.Pool)).ToDictionary(one => one.GetProperty("name").GetString()!, one => one.GetProperty("epoch").GetInt64());
}
