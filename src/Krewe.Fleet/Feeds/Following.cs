using Krewe.Core.Membership;
using Krewe.Core.Time;

namespace Krewe.Fleet.Feeds;

/// <summary>One silo that is followed, when that was last renewed, and how it is reached. Safe for use from several threads.</summary>
internal sealed class Following(FleetFollower follower)
{
    // A snapshot that does not come, or does not help, is not asked for at every tick.
    private static readonly TimeSpan SnapshotPause = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private Monotonic? _begun;
    private Monotonic? _closed;
    private bool _isRenewing;

    public FleetFollower Follower => follower;

    public PeerSilence Silence
    {
        get
        {
            var heard = follower.HeardAt;
            lock (_gate)
            {
                return new PeerSilence(heard, _closed > heard);
            }
        }
    }

    public bool IsDue(Monotonic now, TimeSpan interval)
    {
        lock (_gate)
        {
            return !_isRenewing && (_begun is not { } begun || now - begun >= (follower.WantsSnapshot && SnapshotPause < interval ? SnapshotPause : interval));
        }
    }

    public void Begin(Monotonic now)
    {
        lock (_gate)
        {
            _begun = now;
            _isRenewing = true;
        }
    }

    public void End()
    {
        lock (_gate)
        {
            _isRenewing = false;
        }
    }

    /// <summary>A call to it failed at once.</summary>
    public void NoteClosed(Monotonic now)
    {
        lock (_gate)
        {
            _closed = now;
        }
    }
}
