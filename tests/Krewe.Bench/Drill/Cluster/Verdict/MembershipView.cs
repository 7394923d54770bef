namespace Krewe.Bench.Drill.Cluster.Verdict;

/// <summary>What silos thought of each other, against what the drill knows.</summary>
internal static class MembershipView
{
    /// <summary>From a silo's loss to the moment when the last of the others no longer takes it for active; of several losses the longest. Null where none was lost, or somebody never noticed.</summary>
    public static double? DetectMs(ClusterHistory history)
    {
        double? most = null;
        foreach (var lost in history.Silos.Where(silo => silo is { IsLost: true, LeavesAt: not null }))
        {
            foreach (var observer in history.Silos.Where(one => one != lost && one.ReadyAt < lost.LeavesAt && one.LeavesAt is null))
            {
                var seen = Of(history, observer).Where(one => one.At >= lost.LeavesAt).ToList();
                var last = seen.FindLastIndex(one => one.Active.Contains(lost.Id));
                if (last + 1 >= seen.Count)
                {
                    return null;
                }

                most = Math.Max(most ?? 0, (seen[last + 1].At - lost.LeavesAt!.Value).TotalMilliseconds);
            }
        }

        return most;
    }

    /// <summary>Silos that nothing was done to, and that another one took for gone after it had known them.</summary>
    public static IReadOnlyList<string> Evicted(ClusterHistory history) =>
    [
        .. from silo in history.Silos
           from observer in history.Silos
           where observer != silo
           let seen = Of(history, observer).Where(one => silo.IsHealthyAt(one.At)).SkipWhile(one => !one.Active.Contains(silo.Id))
           where seen.Any(one => !one.Active.Contains(silo.Id))
           select $"{silo.Name} by {observer.Name}",
    ];

    /// <summary>What a silo said while nothing was done to it: afterwards it may say what it likes.</summary>
    private static IEnumerable<Sighting> Of(ClusterHistory history, SiloLife observer) =>
        history.Sightings.Where(one => one.Observer == observer.Name && observer.IsHealthyAt(one.At));
}
