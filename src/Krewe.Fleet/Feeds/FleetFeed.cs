using Krewe.Core.Feeds;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Routing;
using Krewe.Core.Routing.Prefix;
using Krewe.Core.Time;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Journal;
using Krewe.Fleet.View;

namespace Krewe.Fleet.Feeds;

/// <summary>
/// What this silo's actors have to say, gathered until the next frame; and who wants to hear it. While nobody does, nothing
/// is gathered. Safe for use from several threads.
/// </summary>
public sealed class FleetFeed(SiloId silo, FleetView view, FleetOptions options, TimeProvider time)
{
    // Beyond these the oldest are dropped: a lost notice of a lost epoch is made good by looking at the view, an event is for people.
    private const int MostLosses = 4_096;
    private const int MostEvents = 1_024;

    // Of one frame: 256 KB. Who misses a prompt takes it for not cached, until it is used again.
    private const int MostPrefixBlocks = 32_768;

    private readonly Lock _gate = new();
    private readonly Dictionary<SiloId, Monotonic> _followers = [];
    private readonly Dictionary<InstanceId, InstanceView> _instances = [];
    private readonly Dictionary<InstanceId, InstanceView> _told = [];
    private readonly Dictionary<PoolName, PoolPublication> _pools = [];
    private readonly Dictionary<PoolName, PoolStanding> _standings = [];
    private readonly Queue<EpochLoss> _losses = new();
    private readonly Queue<FleetEvent> _events = new();
    private readonly Queue<PrefixLesson> _prefixes = new();
    private int _prefixBlocks;
    private volatile bool _isFollowed;
    private bool _isUrgent;
    private long _number;

    /// <summary>Silos that follow this one.</summary>
    public int FollowerCount
    {
        get
        {
            lock (_gate)
            {
                return _followers.Count;
            }
        }
    }

    /// <summary>Called, outside of any lock, when something is to be told that cannot wait; then not again before the next frame. Must not block.</summary>
    internal Action? OnUrgent { get; set; }

    // What is added is in this silo's view already: a follower that comes between finds it in its snapshot.

    public void Add(InstanceView instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        if (!_isFollowed)
        {
            return;
        }

        bool isFirst;
        lock (_gate)
        {
            _instances[instance.Id] = instance;
            isFirst = (!_told.TryGetValue(instance.Id, out var told) || FramePace.IsUrgent(told, instance)) && NoteUrgent();
        }

        TellUrgent(isFirst);
    }

    public void Add(PoolPublication pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        Gather(_pools, pool.Definition.Name, pool);
    }

    public void Add(PoolStanding standing)
    {
        ArgumentNullException.ThrowIfNull(standing);
        Gather(_standings, standing.Pool, standing);
    }

    public void Add(EpochLoss loss)
    {
        Gather(_losses, loss, MostLosses);
        TellUrgent(_isFollowed && NoteUrgentLocked());
    }

    public void Add(FleetEvent entry) => Gather(_events, entry, MostEvents);

    public void Add(PrefixLesson lesson)
    {
        ArgumentNullException.ThrowIfNull(lesson);
        if (!_isFollowed)
        {
            return;
        }

        bool isFirst;
        lock (_gate)
        {
            _prefixes.Enqueue(lesson);
            _prefixBlocks += lesson.Blocks.Length;
            while (_prefixBlocks > MostPrefixBlocks)
            {
                _prefixBlocks -= _prefixes.Dequeue().Blocks.Length;
            }

            isFirst = NoteUrgent();
        }

        TellUrgent(isFirst);
    }

    /// <summary>A silo follows, or goes on following.</summary>
    public FeedReply Renew(FeedRenewal renewal)
    {
        ArgumentNullException.ThrowIfNull(renewal);
        lock (_gate)
        {
            var wasKnown = !_followers.TryAdd(renewal.From, time.GetMonotonic());
            _followers[renewal.From] = time.GetMonotonic();
            _isFollowed = true;
            return new FeedReply(silo, _number, wasKnown, renewal.WantsSnapshot ? view.Snapshot() : null);
        }
    }

    /// <summary>The next frame and who gets it; null where there is nothing to say, or nobody to hear it.</summary>
    /// <param name="isThere">Whether a silo is still there: one that is not follows no more, nor does one that has not said so for long.</param>
    public (FleetFrame Frame, SiloId[] To)? Take(Func<SiloId, bool> isThere)
    {
        ArgumentNullException.ThrowIfNull(isThere);
        lock (_gate)
        {
            DropFollowers(isThere);
            if (!_isFollowed || _instances.Count + _pools.Count + _standings.Count + _losses.Count + _events.Count + _prefixes.Count == 0)
            {
                return null;
            }

            var (whole, deltas) = Split();
            var frame = new FleetFrame
            {
                From = silo,
                Number = ++_number,
                Instances = whole,
                Deltas = deltas,
                Pools = [.. _pools.Values],
                Standings = [.. _standings.Values],
                Losses = [.. _losses],
                Events = [.. _events],
                Prefixes = [.. _prefixes],
            };
            Clear();
            return (frame, [.. _followers.Keys]);
        }
    }

    private (List<InstanceView> Whole, List<InstanceDelta> Deltas) Split()
    {
        var (whole, deltas) = (new List<InstanceView>(), new List<InstanceDelta>());
        foreach (var (id, instance) in _instances)
        {
            if (_told.TryGetValue(id, out var told) && ReferenceEquals(told.Registration, instance.Registration))
            {
                deltas.Add(InstanceDelta.Of(instance));
            }
            else
            {
                whole.Add(instance);
            }

            if (instance.Liveness == Liveness.Removed)
            {
                _told.Remove(id);
            }
            else
            {
                _told[id] = instance;
            }
        }

        return (whole, deltas);
    }

    private void DropFollowers(Func<SiloId, bool> isThere)
    {
        if (_isFollowed)
        {
            var now = time.GetMonotonic();
            foreach (var (follower, renewed) in _followers)
            {
                if (!isThere(follower) || now - renewed >= options.FollowLimit)
                {
                    _followers.Remove(follower);
                }
            }

            if (_followers.Count == 0)
            {
                _isFollowed = false;
                _told.Clear();
                Clear();
            }
        }
    }

    private void Clear()
    {
        _instances.Clear();
        _pools.Clear();
        _standings.Clear();
        _losses.Clear();
        _events.Clear();
        _prefixes.Clear();
        _prefixBlocks = 0;
        _isUrgent = false;
    }

    private bool NoteUrgentLocked()
    {
        lock (_gate)
        {
            return NoteUrgent();
        }
    }

    /// <summary>Within the lock. Whether it is the first since the last frame.</summary>
    private bool NoteUrgent() => !_isUrgent && (_isUrgent = true);

    private void TellUrgent(bool isFirst)
    {
        if (isFirst)
        {
            OnUrgent?.Invoke();
        }
    }

    private void Gather<TKey, TValue>(Dictionary<TKey, TValue> into, TKey key, TValue value)
        where TKey : notnull
    {
        if (_isFollowed)
        {
            lock (_gate)
            {
                into[key] = value;
            }
        }
    }

    private void Gather<T>(Queue<T> into, T value, int most)
    {
        if (_isFollowed)
        {
            lock (_gate)
            {
                into.Enqueue(value);
                if (into.Count > most)
                {
                    into.Dequeue();
                }
            }
        }
    }
}
