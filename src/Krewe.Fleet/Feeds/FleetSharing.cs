using System.Collections.Concurrent;
using Krewe.Core.Feeds;
using Krewe.Core.Identity;
using Krewe.Core.Membership;
using Krewe.Core.Time;
using Krewe.Fleet.Hosting;

namespace Krewe.Fleet.Feeds;

/// <summary>
/// Keeps this silo's view and those of the others together: tells them what its actors say, a frame each
/// <see cref="FleetOptions.FrameInterval"/> where there is anything, sooner what others route by (<see cref="FramePace"/>), and follows theirs: subscriptions are renewed, gaps are
/// filled by a snapshot, whoever is gone is dropped. Nothing here is on a request's way.
/// </summary>
public sealed class FleetSharing
{
    private readonly FleetServices _fleet;
    private readonly IFleetPeers _peers;
    private readonly ConcurrentDictionary<SiloId, Following> _followed = new();

    // Frames are sent in the order of their numbers.
    private readonly Lock _sending = new();
    private Monotonic? _urgentAt;

    public FleetSharing(FleetServices fleet, IFleetPeers peers)
    {
        ArgumentNullException.ThrowIfNull(fleet);
        ArgumentNullException.ThrowIfNull(peers);
        _fleet = fleet;
        _peers = peers;
        fleet.Instruments.ObserveSharing(fleet.Roster, OldestSilence);
    }

    private Monotonic Now => _fleet.Time.GetMonotonic();

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_fleet.Options.FrameInterval, _fleet.Time);
        await using var urgent = _fleet.Time.CreateTimer(_ => SendUrgent(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _fleet.Feed.OnUrgent = () => urgent.Change(UrgentIn(), Timeout.InfiniteTimeSpan);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                Tick();
            }
        }
        finally
        {
            _fleet.Feed.OnUrgent = null;
        }
    }

    /// <summary>One round: sends what there is to say, renews what is due. Waits for nobody.</summary>
    public void Tick()
    {
        Meet();
        Send();
        foreach (var (peer, following) in _followed)
        {
            if (following.IsDue(Now, _fleet.Options.RenewInterval))
            {
                _ = RenewAsync(peer, following);
            }
        }
    }

    /// <summary>Ends when this silo knows what each of the others knows, or the bound is over: a silo that starts is to begin with their view.</summary>
    public async Task JoinAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        Meet();
        var bound = Now + within;
        while (Now < bound && _followed.Any(entry => IsThere(entry.Key) && entry.Value.Follower.WantsSnapshot))
        {
            Tick();
            await Task.Delay(_fleet.Options.FrameInterval, _fleet.Time, cancellationToken);
            Meet();
        }
    }

    /// <summary>A frame came from another silo.</summary>
    public void OnFrame(FleetFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (!_fleet.Roster.IsGone(frame.From) && _followed.TryGetValue(frame.From, out var following))
        {
            following.Follower.OnFrame(frame);
        }
    }

    /// <summary>Another silo renews its subscription to this one's feed.</summary>
    public FeedReply OnRenewal(FeedRenewal renewal) => _fleet.Feed.Renew(renewal);

    /// <summary>Whether nothing is missing here of what the others have said.</summary>
    public bool IsComplete => _fleet.Roster.Others.All(peer => _followed.TryGetValue(peer, out var following) && !following.Follower.WantsSnapshot);

    /// <summary>Whether the network seems to have parted this silo from most of the others (<see cref="CutOffRule"/>).</summary>
    public bool IsCutOff => CutOffRule.IsCutOff(
        _followed.Where(entry => IsThere(entry.Key)).Select(entry => entry.Value.Silence), Now, _fleet.Options.CutOffAfter, _fleet.Options.CutOffHold);

    private bool IsThere(SiloId silo) => _fleet.Roster.Others.Contains(silo);

    private void Meet()
    {
        foreach (var peer in _fleet.Roster.Others)
        {
            _followed.TryAdd(peer, new Following(new FleetFollower(_fleet)));
        }

        foreach (var (peer, _) in _followed)
        {
            if (!IsThere(peer))
            {
                _followed.TryRemove(peer, out _);
            }
        }
    }

    private TimeSpan UrgentIn()
    {
        lock (_sending)
        {
            var since = _urgentAt is { } at ? Now - at : TimeSpan.MaxValue;
            return FramePace.UrgentIn(since, Math.Max(1, _fleet.Feed.FollowerCount), _fleet.Options.FrameInterval);
        }
    }

    private void SendUrgent()
    {
        lock (_sending)
        {
            if (Send())
            {
                _urgentAt = Now;
            }
        }
    }

    private bool Send()
    {
        lock (_sending)
        {
            if (_fleet.Feed.Take(IsThere) is not var (frame, to))
            {
                return false;
            }

            foreach (var peer in to)
            {
                _ = SendAsync(peer, frame);
            }

            return true;
        }
    }

    private async Task SendAsync(SiloId to, FleetFrame frame)
    {
        try
        {
            await _peers.SendAsync(to, frame);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The follower will miss it, and ask for a snapshot.
            _fleet.Instruments.OnNoticeLost();
        }
    }

    private async Task RenewAsync(SiloId to, Following following)
    {
        following.Begin(Now);
        try
        {
            var wanted = following.Follower.WantsSnapshot;
            if (wanted)
            {
                _fleet.Instruments.OnSnapshotAsked();
            }

            var reply = await _peers.RenewAsync(to, new FeedRenewal(_fleet.Silo, wanted)).AsTask().WaitAsync(_fleet.Options.FollowLimit, _fleet.Time);
            if (!_fleet.Roster.IsGone(to))
            {
                following.Follower.OnReply(reply);
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // It is asked again when the next renewal is due.
            _fleet.Instruments.OnNoticeLost();
            if (error is not TimeoutException)
            {
                following.NoteClosed(Now);
            }
        }
        finally
        {
            following.End();
        }
    }

    // How long the silo that has been silent for longest has been so.
    private TimeSpan OldestSilence()
    {
        var now = Now;
        return _followed.Values.Select(following => now - following.Follower.HeardAt).DefaultIfEmpty().Max();
    }
}
