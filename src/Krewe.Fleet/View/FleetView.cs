using System.Collections.Concurrent;
using System.Collections.Frozen;
using Krewe.Core.Identity;
using Krewe.Core.Routing;
using Krewe.Core.Routing.Prefix;
using Krewe.Fleet.Feeds;

namespace Krewe.Fleet.View;

/// <summary>This silo's own copy of every pool's and instance's state and load: what routing reads, without a hop. Versioned: what is older never overwrites what is newer.</summary>
public sealed class FleetView(TimeProvider time) : IDisposable
{
    private readonly ConcurrentDictionary<PoolName, PoolSlot> _pools = new();
    private readonly Lock _modelsGate = new();
    private readonly InstanceWatches _watches = new();
    private volatile FrozenDictionary<string, PoolSlot> _byModel = FrozenDictionary<string, PoolSlot>.Empty;

    public IEnumerable<PoolSlot> Pools => _pools.Values;

    internal TimeProvider Time => time;

    /// <summary>What this silo counts itself where actors do not answer; set once, before anything is seen.</summary>
    internal IOwnCounts? OwnCounts { get; set; }

    public PoolSlot? Find(PoolName pool) => _pools.GetValueOrDefault(pool);

    /// <summary>The pool that serves a model, by its name or one of its aliases.</summary>
    public PoolSlot? FindByModel(string model) => _byModel.GetValueOrDefault(model);

    /// <summary>As <see cref="FindByModel(string)"/>, without making a string.</summary>
    public PoolSlot? FindByModel(ReadOnlySpan<char> model) =>
        _byModel.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(model, out var slot) ? slot : null;

    public bool Apply(InstanceView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (!Slot(view.Id.Pool).Apply(view))
        {
            return false;
        }

        _watches.Tell(view.Id);
        return true;
    }

    /// <summary>
    /// Calls back whenever something newer is known of an instance, its load included, until the result is disposed. It is
    /// called within the turn that tells it: it must do no more than to note that there is something to look at.
    /// </summary>
    public IDisposable Watch(InstanceId instance, Action changed) => _watches.Add(instance, changed);

    public bool Apply(PoolPublication publication)
    {
        ArgumentNullException.ThrowIfNull(publication);
        if (!Slot(publication.Definition.Name).Apply(publication))
        {
            return false;
        }

        lock (_modelsGate)
        {
            _byModel = _pools.Values
                .Where(slot => slot.Definition is not null)
                .OrderBy(slot => slot.Name.Value, StringComparer.Ordinal)
                .SelectMany(slot => slot.Definition!.Aliases.Prepend(slot.Definition.Model), (slot, model) => (Slot: slot, Model: model))
                .DistinctBy(entry => entry.Model, StringComparer.Ordinal)
                .ToFrozenDictionary(entry => entry.Model, entry => entry.Slot, StringComparer.Ordinal);
        }

        return true;
    }

    public bool Apply(PoolStanding standing)
    {
        ArgumentNullException.ThrowIfNull(standing);
        return Slot(standing.Pool).Apply(standing);
    }

    /// <summary>Takes note that an instance has a prompt cached; see <see cref="PrefixIndex.Learn"/>. What is of a life that this silo does not know is passed over.</summary>
    public void Learn(PrefixLesson lesson)
    {
        ArgumentNullException.ThrowIfNull(lesson);
        Find(lesson.Instance.Pool)?.Learn(lesson, isNew: true);
    }

    /// <summary>Takes from a snapshot what is newer.</summary>
    public void Apply(FleetSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        foreach (var pool in snapshot.Pools)
        {
            Apply(pool);
        }

        foreach (var standing in snapshot.Standings)
        {
            Apply(standing);
        }

        foreach (var instance in snapshot.Instances)
        {
            Apply(instance);
        }

        foreach (var lesson in snapshot.Prefixes)
        {
            Find(lesson.Instance.Pool)?.Learn(lesson, isNew: false);
        }
    }

    /// <summary>Everything that it holds now.</summary>
    public FleetSnapshot Snapshot()
    {
        var (instances, pools, standings) = (new List<InstanceView>(), new List<PoolPublication>(), new List<PoolStanding>());
        foreach (var slot in _pools.Values)
        {
            slot.AddTo(instances, pools, standings);
        }

        var prefixes = new List<PrefixLesson>();
        foreach (var slot in _pools.Values)
        {
            prefixes.AddRange(slot.Routing.Prefixes.Lessons(FleetSnapshot.MaxPrefixBlocks / _pools.Count));
        }

        return new FleetSnapshot(instances, pools, standings) { Prefixes = prefixes };
    }

    public void Dispose()
    {
        foreach (var slot in _pools.Values)
        {
            slot.Dispose();
        }
    }

    private PoolSlot Slot(PoolName pool) => _pools.GetOrAdd(pool, static (name, self) => new PoolSlot(name, self), this);
}
