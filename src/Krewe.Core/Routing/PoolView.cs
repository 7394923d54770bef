using System.Diagnostics.CodeAnalysis;
using Krewe.Core.Identity;

namespace Krewe.Core.Routing;

/// <summary>
/// What a silo knows of a pool's instances at a moment: immutable, so readers need no lock. Who can serve what is worked
/// out beforehand; a change of load alone copies a few dozen references, whatever the pool's size.
/// </summary>
public sealed class PoolView
{
    private const int ChunkBits = 5;
    private const int ChunkSize = 1 << ChunkBits;

    private readonly InstanceView[][] _chunks;

    private PoolView(InstanceView[][] chunks, int count, PoolTopology topology)
    {
        _chunks = chunks;
        Count = count;
        Topology = topology;
    }

    public static PoolView Empty { get; } = Of([]);

    public int Count { get; }

    internal PoolTopology Topology { get; }

    /// <summary>The instance in this slot, from 0 to <see cref="Count"/> - 1, in the order of names.</summary>
    public InstanceView this[int slot] => _chunks[slot >> ChunkBits][slot & (ChunkSize - 1)];

    /// <summary>A view of these instances; of several views of one instance the newest counts.</summary>
    public static PoolView Of(IEnumerable<InstanceView> instances)
    {
        ArgumentNullException.ThrowIfNull(instances);
        var newest = new Dictionary<InstanceId, InstanceView>();
        foreach (var view in instances)
        {
            if (!newest.TryGetValue(view.Id, out var known) || view.Version > known.Version)
            {
                newest[view.Id] = view;
            }
        }

        var sorted = new List<InstanceView>(newest.Values);
        sorted.Sort((left, right) => Compare(left.Id, right.Id));
        return new PoolView([.. sorted.Chunk(ChunkSize)], sorted.Count, PoolTopology.Of(sorted));
    }

    public bool TryGet(InstanceId id, [NotNullWhen(true)] out InstanceView? view)
    {
        view = Topology.Slots.TryGetValue(id, out var slot) ? this[slot] : null;
        return view is not null;
    }

    /// <summary>This view with one instance added or replaced. A version that is not newer changes nothing: the same view comes back.</summary>
    public PoolView With(InstanceView view) => With([view]);

    /// <summary>This view with all of these added or replaced, at the cost of one change.</summary>
    public PoolView With(ReadOnlySpan<InstanceView> views)
    {
        InstanceView[][]? chunks = null;
        var isSame = true;
        foreach (var view in views)
        {
            ArgumentNullException.ThrowIfNull(view, nameof(views));
            if (!Topology.Slots.TryGetValue(view.Id, out var slot))
            {
                return Of([.. All(), .. views]);
            }

            var chunk = slot >> ChunkBits;
            var known = (chunks ?? _chunks)[chunk][slot & (ChunkSize - 1)];
            if (view.Version <= known.Version)
            {
                continue;
            }

            isSame &= PoolTopology.IsSame(known, view);
            chunks ??= [.. _chunks];
            if (ReferenceEquals(chunks[chunk], _chunks[chunk]))
            {
                chunks[chunk] = [.. _chunks[chunk]];
            }

            chunks[chunk][slot & (ChunkSize - 1)] = view;
        }

        return chunks is null ? this : new PoolView(chunks, Count, isSame ? Topology : PoolTopology.Of([.. chunks.SelectMany(chunk => chunk)]));
    }

    /// <summary>This view with the load of one instance told anew, of the same version; where another version is there, the same view comes back.</summary>
    public PoolView Restated(InstanceView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (!Topology.Slots.TryGetValue(view.Id, out var slot) || this[slot] is var known && known.Version != view.Version)
        {
            return this;
        }

        InstanceView[][] chunks = [.. _chunks];
        chunks[slot >> ChunkBits] = [.. chunks[slot >> ChunkBits]];
        chunks[slot >> ChunkBits][slot & (ChunkSize - 1)] = known with { Load = view.Load };
        return new PoolView(chunks, Count, Topology);
    }

    /// <summary>This view without an instance; the same view where there is none of this id.</summary>
    public PoolView Without(InstanceId id) =>
        Topology.Slots.ContainsKey(id) ? Of(All().Where(view => view.Id != id)) : this;

    /// <summary>Every instance, schedulable or not, in the order of names.</summary>
    public IEnumerable<InstanceView> All() => _chunks.SelectMany(chunk => chunk);

    private static int Compare(InstanceId left, InstanceId right)
    {
        var byPool = string.CompareOrdinal(left.Pool.Value, right.Pool.Value);
        return byPool != 0 ? byPool : string.CompareOrdinal(left.Name.Value, right.Name.Value);
    }
}
