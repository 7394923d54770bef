namespace Krewe.Cluster.Tests.Processes;

/// <summary>
/// A running cluster that tests take one after another: to start one costs more than most tests do. It is made whole before
/// the next one gets it: what a test did to silos and stores is mended then, what it did to the fleet (a cordon) it has to take
/// back itself; who registers instances that stay takes a cluster of its own.
/// </summary>
[CollectionDefinition(Name)]
public sealed class SharedCluster : ICollectionFixture<SharedCluster>, IAsyncLifetime
{
    /// <summary>What its tests belong to: they run one at a time, beside others.</summary>
    public const string Name = "tests of one cluster";

    // And a cold start waits for the dead as briefly as may be.
    private static readonly Dictionary<string, string> Brief = new()
    {
        ["Fleet__RewriteInterval"] = "00:00:02",
        ["Orleans__Membership__AliveInterval"] = "00:00:01",
    };

    private ClusterProcesses? _cluster;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Three silos that know each other, six engines that all of them see, nothing under way. Silos write all they know again every two seconds.</summary>
    internal async Task<ClusterProcesses> TakeAsync()
    {
        try
        {
            if (_cluster is not null)
            {
                await _cluster.MakeWholeAsync(3);
                return _cluster;
            }
        }
        catch (Exception error) when (error is TimeoutException or InvalidOperationException or HttpRequestException or OperationCanceledException)
        {
            // A test that failed left it so.
            await _cluster!.DisposeAsync();
        }

        return _cluster = await ClusterProcesses.StartAsync(engines: 6, settings: Brief);
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }
}
