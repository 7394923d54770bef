using Krewe.Core.Feeds;
using Krewe.Core.Routing;
using Krewe.Core.Time;
using Krewe.Fleet.Hosting;

namespace Krewe.Fleet.Feeds;

/// <summary>
/// What this silo makes of another's feed. What is whole counts at once, since the newer version wins whatever its way; a
/// delta counts only where nothing is missing before it, else it waits for the snapshot. Safe for use from several threads.
/// </summary>
public sealed class FleetFollower(FleetServices fleet)
{
    // Frames that came while a snapshot was on its way: three seconds' worth. What is dropped here makes a gap, and the snapshot is asked for again.
    private const int MostWaiting = 64;

    private readonly Lock _gate = new();
    private readonly FeedCursor _cursor = new();
    private readonly Queue<FleetFrame> _waiting = new();
    private Monotonic _heardAt = fleet.Time.GetMonotonic();

    /// <summary>Whether it cannot go on without a snapshot.</summary>
    public bool WantsSnapshot
    {
        get
        {
            lock (_gate)
            {
                return _cursor.WantsSnapshot;
            }
        }
    }

    /// <summary>When the silo was last heard.</summary>
    public Monotonic HeardAt
    {
        get
        {
            lock (_gate)
            {
                return _heardAt;
            }
        }
    }

    public void OnFrame(FleetFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        lock (_gate)
        {
            _heardAt = fleet.Time.GetMonotonic();
            Read(frame);
        }
    }

    public void OnReply(FeedReply reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        lock (_gate)
        {
            _heardAt = fleet.Time.GetMonotonic();
            if (reply.Snapshot is { } snapshot)
            {
                fleet.View.Apply(snapshot);
                if (_cursor.Snapshot(reply.Number))
                {
                    ReadWaiting(reply.Number);
                }
            }

            _cursor.Renewed(reply.Number, reply.WasKnown || reply.Snapshot is not null);
        }
    }

    private void ReadWaiting(long snapshot)
    {
        for (var left = _waiting.Count; left > 0; left--)
        {
            var frame = _waiting.Dequeue();
            if (frame.Number <= snapshot)
            {
                // The snapshot holds all of it but what happened.
                ApplyEvents(frame);
            }
            else
            {
                Read(frame);
            }
        }
    }

    private void Read(FleetFrame frame)
    {
        switch (_cursor.Frame(frame.Number))
        {
            case FeedStep.Next:
                ApplyWhole(frame);
                ApplyDeltas(frame);
                ApplyLosses(frame);
                ApplyEvents(frame);
                break;
            case FeedStep.Behind:
                ApplyWhole(frame);
                ApplyLosses(frame);
                _waiting.Enqueue(frame);
                if (_waiting.Count > MostWaiting)
                {
                    ApplyEvents(_waiting.Dequeue());
                }

                break;
            default:
                break;
        }
    }

    private void ApplyWhole(FleetFrame frame)
    {
        foreach (var pool in frame.Pools)
        {
            fleet.View.Apply(pool);
        }

        foreach (var standing in frame.Standings)
        {
            fleet.View.Apply(standing);
        }

        foreach (var instance in frame.Instances)
        {
            fleet.View.Apply(instance);
        }

        foreach (var lesson in frame.Prefixes)
        {
            fleet.View.Learn(lesson);
        }
    }

    private void ApplyDeltas(FleetFrame frame)
    {
        foreach (var delta in frame.Deltas)
        {
            if (fleet.View.Find(delta.Id.Pool) is { } slot
                && slot.View.TryGet(delta.Id, out InstanceView? known)
                && known.Epoch == delta.Version.Epoch
                && known.Version < delta.Version)
            {
                fleet.View.Apply(delta.On(known));
            }
        }
    }

    // After the views: attempts that fail over are not to find there what they have just lost.
    private void ApplyLosses(FleetFrame frame)
    {
        foreach (var loss in frame.Losses)
        {
            fleet.Reservations.EpochLost(loss.Instance, loss.Epoch, loss.Evidence);
        }
    }

    private void ApplyEvents(FleetFrame frame)
    {
        foreach (var entry in frame.Events)
        {
            fleet.Events.Add(entry);
        }
    }
}
