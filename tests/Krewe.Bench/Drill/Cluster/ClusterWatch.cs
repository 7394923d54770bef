using Krewe.Bench.Drill.Cluster.Rig;
using Krewe.Bench.Drill.Cluster.Verdict;

namespace Krewe.Bench.Drill.Cluster;

/// <summary>Asks every silo all the time who is active, each for itself: one that hangs does not keep the others waiting.</summary>
internal sealed class ClusterWatch(DrillClock clock) : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<Sighting> _sightings = [];
    private readonly List<Task> _watching = [];

    public IReadOnlyList<Sighting> Sightings
    {
        get
        {
            lock (_gate)
            {
                return [.. _sightings];
            }
        }
    }

    public void Add(SiloUnderDrill silo)
    {
        lock (_gate)
        {
            _watching.Add(WatchAsync(silo));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_watching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WatchAsync(SiloUnderDrill silo)
    {
        while (!_stop.IsCancellationRequested && !silo.Process.HasExited)
        {
            var at = clock.Now;
            if (await silo.ActiveAsync() is { } active)
            {
                lock (_gate)
                {
                    _sightings.Add(new Sighting(silo.Name, at, active));
                }
            }

            await Task.Delay(Period, _stop.Token);
        }
    }
}
