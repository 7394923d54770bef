using System.Collections.Concurrent;

namespace Krewe.Simulation;

/// <summary>Runs many seeds, some at a time, each on a thread of its own for as long as it lasts.</summary>
public static class SeedRange
{
    /// <summary>Runs the seeds from <paramref name="first"/> on, in order of their numbers as far as threads allow.</summary>
    /// <param name="first">The first seed.</param>
    /// <param name="count">How many.</param>
    /// <param name="threads">How many at a time.</param>
    /// <param name="stopsAtFailure">Whether no seed is begun after one that failed.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static SeedRangeReport Run(ulong first, ulong count, int threads, bool stopsAtFailure, CancellationToken cancellationToken)
    {
        var state = new State(first, count, stopsAtFailure);
        var workers = new Thread[Math.Max(1, threads)];
        for (var i = 0; i < workers.Length; i++)
        {
            workers[i] = new Thread(() => state.Work(cancellationToken)) { IsBackground = true };
            workers[i].Start();
        }

        foreach (var worker in workers)
        {
            worker.Join();
        }

        return state.Report();
    }

    private sealed class State(ulong first, ulong count, bool stopsAtFailure)
    {
        private readonly Dictionary<string, long> _counts = [];
        private readonly ConcurrentBag<SimulationReport> _failed = [];
        private readonly Lock _gate = new();
        private ulong _next;
        private ulong _done;
        private ulong _hash;
        private TimeSpan _elapsed;

        public void Work(CancellationToken cancellationToken)
        {
            while (!cancellationToken.IsCancellationRequested && !(stopsAtFailure && !_failed.IsEmpty))
            {
                var mine = Interlocked.Increment(ref _next) - 1;
                if (mine >= count)
                {
                    return;
                }

                var report = Simulator.Run(first + mine);
                if (report.Violation is not null)
                {
                    _failed.Add(report);
                }

                lock (_gate)
                {
                    _done++;
                    // A sum: the same in whatever order they end.
                    _hash += report.TraceHash;
                    _elapsed += report.Elapsed;
                    foreach (var (what, times) in report.Counts)
                    {
                        _counts[what] = _counts.GetValueOrDefault(what) + times;
                    }
                }
            }
        }

        public SeedRangeReport Report() => new()
        {
            First = first,
            Done = _done,
            Failed = [.. _failed.OrderBy(report => report.Seed)],
            Counts = new SortedDictionary<string, long>(_counts, StringComparer.Ordinal),
            TraceHash = _hash,
            Elapsed = _elapsed,
        };
    }
}
