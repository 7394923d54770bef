using System.Collections.Concurrent;
using Krewe.Core.Identity;
using Krewe.Core.Pools;
using Krewe.Core.Time;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Local;
using Krewe.Fleet.Ports;
using Krewe.Fleet.View;

namespace Krewe.Gateway.Console.Live;

/// <summary>
/// The health of pools as their actors judge it, asked for beside whoever reads: at most one question per pool at a time,
/// and one per second. Where an actor has not answered lately, health is judged by this silo's own view.
/// </summary>
internal sealed class PoolHealths(FleetServices fleet, IActors actors)
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(4);

    private readonly ConcurrentDictionary<PoolName, Answer> _answers = new();

    /// <summary>The health, and whether the pool's own actor said so.</summary>
    public (PoolHealthReport Report, bool IsActors) Of(PoolSlot slot)
    {
        var now = fleet.Time.GetMonotonic();
        var answer = _answers.GetOrAdd(slot.Name, static _ => new Answer());
        var seen = slot.Judge()!;
        var (report, at) = answer.Known;
        var isFresh = report is not null && now - at <= Limit;

        // What looks otherwise from here has just changed: it is not waited for the next round.
        answer.AskIfDue(now, isFresh && report!.Health == seen.Health ? AskEvery : AskAgain, () => AskAsync(slot.Name, answer));
        return isFresh ? (report!, true) : (seen, false);
    }

    private async Task AskAsync(PoolName pool, Answer answer)
    {
        try
        {
            var known = await actors.Pool(pool).DescribeAsync().AsTask().WaitAsync(Limit, fleet.Time);
            answer.Known = (known?.Health, fleet.Time.GetMonotonic());
        }
        catch (Exception error) when (error is TimeoutException or MailboxFullException or OperationCanceledException or InvalidOperationException)
        {
            // The view serves until it answers again.
        }
    }

    private sealed class Answer
    {
        private readonly Lock _gate = new();
        private (PoolHealthReport? Report, Monotonic At) _known;
        private Monotonic _askedAt;
        private Task _asking = Task.CompletedTask;

        public (PoolHealthReport? Report, Monotonic At) Known
        {
            get
            {
                lock (_gate)
                {
                    return _known;
                }
            }

            set
            {
                lock (_gate)
                {
                    _known = value;
                }
            }
        }

        public void AskIfDue(Monotonic now, TimeSpan every, Func<Task> ask)
        {
            lock (_gate)
            {
                if (!_asking.IsCompleted || (_askedAt != default && now - _askedAt < every))
                {
                    return;
                }

                _askedAt = now;
            }

            var asking = ask();
            lock (_gate)
            {
                _asking = asking;
            }
        }
    }
}
