using System.Runtime.InteropServices;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Randomness;

namespace Krewe.Core.Routing.Prefix;

/// <summary>
/// What each instance of a pool is taken to have in its prefix cache: what was sent there, forgotten as an engine forgets,
/// least recently used first and from a chain's end, so that whoever has a block has all before it. Entries belong to a
/// life of an instance; a newer epoch drops them. Bounded by each instance's capacity and by
/// <see cref="MaxEntries"/>, of which every instance has an equal share. Safe to use from many threads; allocates only to grow.
/// </summary>
public sealed class PrefixIndex
{
    /// <summary>Most entries (a block at an instance) that it holds, about 100 bytes each.</summary>
    public const int MaxEntries = 1 << 20;

    /// <summary>Most instances; more are not learned of.</summary>
    public const int MaxInstances = 4096;

    /// <summary>Blocks of the index that an instance is taken to hold which does not tell: 262,144 tokens.</summary>
    public const int DefaultCapacity = 2048;

    /// <summary>A prompt's use of a block counts less and less while each instance gets about so many others.</summary>
    private const int RecentPrompts = 32;

    private const int None = -1;

    private readonly Lock _gate = new();
    private readonly int _maxEntries;
    private readonly Dictionary<InstanceId, Holder> _holders = [];
    private readonly Dictionary<ulong, Node> _nodes = [];
    private Entry[] _entries = [];
    private int _free = None;
    private long _prompts;
    private int _used;
    private volatile int _count;

    public PrefixIndex()
        : this(MaxEntries)
    {
    }

    internal PrefixIndex(int maxEntries) => _maxEntries = maxEntries;

    /// <summary>Entries: a block at an instance is one.</summary>
    public int Count => _count;

    /// <summary>Blocks of the index that a KV cache of this size has room for.</summary>
    public static int CapacityOf(InstanceCapacity capacity) => capacity is { KvBlocks: > 0, BlockSize: > 0 }
        ? (int)Math.Clamp((long)capacity.KvBlocks * capacity.BlockSize / PrefixBlocks.TokensPerBlock, 1, MaxEntries)
        : DefaultCapacity;

    /// <summary>Takes note that a life of an instance computes a prompt, or has used it again. A life older than the known one is ignored.</summary>
    /// <param name="instance">The instance.</param>
    /// <param name="epoch">Its life.</param>
    /// <param name="capacity">Blocks of <see cref="PrefixBlocks.TokensPerBlock"/> tokens that its cache has room for.</param>
    /// <param name="chain">The prompt's blocks, from the first.</param>
    public void Learn(InstanceId instance, Epoch epoch, int capacity, ReadOnlySpan<ulong> chain)
    {
        if (chain.IsEmpty)
        {
            return;
        }

        lock (_gate)
        {
            if (HolderOf(instance, epoch, capacity) is not { } holder)
            {
                return;
            }

            _prompts++;

            // From the end, so that the first block is the most recently used.
            for (var i = Math.Min(chain.Length, holder.Limit) - 1; i >= 0; i--)
            {
                Touch(holder, chain[i]);
                Use(chain[i]);
            }
        }
    }

    /// <summary>Takes note of what somebody else knows, as far as there is room and it is not known: it counts as older than all that is known here.</summary>
    /// <param name="lesson">What is known, most recently used first.</param>
    /// <param name="capacity">As for <see cref="Learn"/>.</param>
    public void Fill(PrefixLesson lesson, int capacity)
    {
        ArgumentNullException.ThrowIfNull(lesson);
        lock (_gate)
        {
            if (HolderOf(lesson.Instance, lesson.Epoch, capacity) is not { } holder)
            {
                return;
            }

            foreach (var block in lesson.Blocks.Span)
            {
                if (holder.Blocks.Count >= holder.Limit)
                {
                    return;
                }

                if (!holder.Blocks.ContainsKey(block))
                {
                    LinkOldest(holder, Add(holder, block));
                }
            }
        }
    }

    /// <summary>Forgets an instance whose life is this one or older.</summary>
    public void Forget(InstanceId instance, Epoch upTo)
    {
        lock (_gate)
        {
            if (_holders.TryGetValue(instance, out var holder) && holder.Epoch <= upTo)
            {
                Drop(holder);
                _holders.Remove(instance);
                Share();
            }
        }
    }

    /// <summary>How many blocks of the chain, from the first, this life of the instance has.</summary>
    public int BlocksOf(InstanceId instance, Epoch epoch, ReadOnlySpan<ulong> chain)
    {
        if (_count == 0)
        {
            return 0;
        }

        lock (_gate)
        {
            if (!_holders.TryGetValue(instance, out var holder) || holder.Epoch != epoch)
            {
                return 0;
            }

            // Whoever has a block has all before it.
            int has = 0, hasNot = chain.Length + 1;
            while (hasNot - has > 1)
            {
                var middle = (has + hasNot) >>> 1;
                if (holder.Blocks.ContainsKey(chain[middle - 1]))
                {
                    has = middle;
                }
                else
                {
                    hasNot = middle;
                }
            }

            return has;
        }
    }

    /// <summary>Tokens of a prompt, estimated, that this life of the instance still has to compute; not negative.</summary>
    public long UncachedTokens(InstanceId instance, Epoch epoch, ReadOnlySpan<ulong> chain, long promptTokens) =>
        Math.Max(0, promptTokens - ((long)BlocksOf(instance, epoch, chain) * PrefixBlocks.TokensPerBlock));

    /// <summary>
    /// Who has most of a chain: of those that have equally much of it, two drawn by chance, so that routers which know
    /// the same do not all run to one; then the same of those that have the next less, until <paramref name="into"/> is full.
    /// </summary>
    /// <param name="chain">The prompt's blocks.</param>
    /// <param name="random">For the draws.</param>
    /// <param name="into">Where they go, those with most first.</param>
    /// <param name="demand">
    /// How much of a mean instance's latest prompts each of those with most has through its last block alone: at 1 it is as
    /// busy as the others by this prefix alone, so that one more to have it would soon be used.
    /// </param>
    /// <returns>How many were found.</returns>
    internal int Match(ReadOnlySpan<ulong> chain, IRandomSource random, ref PrefixMatches into, out double demand)
    {
        demand = 0;
        if (_count == 0)
        {
            return 0;
        }

        lock (_gate)
        {
            int found = 0, holders = 0, deeper = 0;
            for (var depth = Deepest(chain, chain.Length, 0); depth > 0 && found < PrefixMatches.Max; depth = Deepest(chain, depth - 1, holders))
            {
                var node = _nodes[chain[depth - 1]];
                if (deeper == 0)
                {
                    demand = UsesOf(node) / node.Count / RecentPrompts;
                }

                found = Draw(node, node.Count - holders, deeper == 0 ? null : chain[deeper - 1], depth, random, ref into, found);
                (holders, deeper) = (node.Count, depth);
            }

            return found;
        }
    }

    /// <summary>What is known of each instance, most recently used first, at most so many blocks in all; each gets an equal share.</summary>
    public IReadOnlyList<PrefixLesson> Lessons(int maxBlocks)
    {
        lock (_gate)
        {
            var lessons = new List<PrefixLesson>(_holders.Count);
            foreach (var holder in _holders.Values)
            {
                var blocks = new ulong[Math.Min(holder.Blocks.Count, maxBlocks / _holders.Count)];
                var at = holder.Newest;
                for (var i = 0; i < blocks.Length; i++)
                {
                    blocks[i] = _entries[at].Block;
                    at = _entries[at].Older;
                }

                if (blocks.Length > 0)
                {
                    lessons.Add(new PrefixLesson(holder.Instance, holder.Epoch, blocks));
                }
            }

            return lessons;
        }
    }

    /// <summary>The longest part of a chain, at most so long, whose last block is held by more than so many.</summary>
    private int Deepest(ReadOnlySpan<ulong> chain, int most, int holders)
    {
        // Whoever has a block has all before it: the further up, the more have it.
        int yes = 0, no = most + 1;
        while (no - yes > 1)
        {
            var middle = (yes + no) >>> 1;
            if (_nodes.TryGetValue(chain[middle - 1], out var node) && node.Count > holders)
            {
                yes = middle;
            }
            else
            {
                no = middle;
            }
        }

        return yes;
    }

    /// <summary>Draws two of the holders of a block that do not have the deeper one.</summary>
    private int Draw(Node node, int candidates, ulong? deeper, int depth, IRandomSource random, ref PrefixMatches into, int found)
    {
        var first = candidates > 2 ? random.Next(candidates) : 0;
        var second = candidates > 2 ? (first + 1 + random.Next(candidates - 1)) % candidates : 1;
        var position = 0;
        for (var at = node.First; at != None && found < PrefixMatches.Max; at = _entries[at].NextOfBlock)
        {
            var holder = _entries[at].Holder!;
            if (deeper is { } block && holder.Blocks.ContainsKey(block))
            {
                continue;
            }

            if (position == first || position == second)
            {
                into[found++] = new PrefixMatch(holder.Instance, holder.Epoch, depth);
            }

            if (++position > Math.Max(first, second))
            {
                break;
            }
        }

        return found;
    }

    private Holder? HolderOf(InstanceId instance, Epoch epoch, int capacity)
    {
        if (!_holders.TryGetValue(instance, out var holder))
        {
            if (_holders.Count >= MaxInstances || capacity <= 0)
            {
                return null;
            }

            _holders.Add(instance, holder = new Holder(instance) { Epoch = epoch, Capacity = capacity });
            Share();
        }
        else if (epoch < holder.Epoch)
        {
            return null;
        }
        else if (epoch > holder.Epoch || capacity != holder.Capacity)
        {
            if (epoch > holder.Epoch)
            {
                Drop(holder);
            }

            (holder.Epoch, holder.Capacity) = (epoch, capacity);
            Share();
        }

        return holder;
    }

    /// <summary>Gives each holder its share of the whole.</summary>
    private void Share()
    {
        foreach (var holder in _holders.Values)
        {
            holder.Limit = Math.Max(1, Math.Min(holder.Capacity, _maxEntries / _holders.Count));
            while (holder.Blocks.Count > holder.Limit)
            {
                Remove(holder, holder.Oldest);
            }
        }
    }

    /// <summary>A prompt, the latest, went through this block.</summary>
    private void Use(ulong block)
    {
        ref var node = ref CollectionsMarshal.GetValueRefOrNullRef(_nodes, block);
        node = node with { Uses = UsesOf(node) + 1, UsedBy = _prompts };
    }

    /// <summary>Latest prompts that went through a block: the older, the less they count.</summary>
    private float UsesOf(in Node node) => node.Uses * MathF.Exp((node.UsedBy - _prompts) / (float)(RecentPrompts * _holders.Count));

    private void Touch(Holder holder, ulong block)
    {
        if (holder.Blocks.TryGetValue(block, out var known))
        {
            if (holder.Newest != known)
            {
                Unlink(holder, known);
                LinkNewest(holder, known);
            }

            return;
        }

        if (holder.Blocks.Count >= holder.Limit)
        {
            Remove(holder, holder.Oldest);
        }

        LinkNewest(holder, Add(holder, block));
    }

    /// <summary>An entry that is not yet in its holder's order.</summary>
    private int Add(Holder holder, ulong block)
    {
        var at = _free;
        if (at != None)
        {
            _free = _entries[at].NextOfBlock;
        }
        else
        {
            if (_used == _entries.Length)
            {
                Array.Resize(ref _entries, Math.Max(256, _used * 2));
            }

            at = _used++;
        }

        ref var node = ref CollectionsMarshal.GetValueRefOrAddDefault(_nodes, block, out var isKnown);
        var next = isKnown ? node.First : None;
        _entries[at] = new Entry { Block = block, Holder = holder, Newer = None, Older = None, NextOfBlock = next, PreviousOfBlock = None };
        if (next != None)
        {
            _entries[next].PreviousOfBlock = at;
        }

        node = node with { First = at, Count = node.Count + 1 };
        holder.Blocks.Add(block, at);
        _count++;
        return at;
    }

    private void Remove(Holder holder, int at)
    {
        Unlink(holder, at);
        holder.Blocks.Remove(_entries[at].Block);
        Free(at);
    }

    private void Drop(Holder holder)
    {
        for (var at = holder.Newest; at != None;)
        {
            var next = _entries[at].Older;
            Free(at);
            at = next;
        }

        holder.Blocks.Clear();
        holder.Newest = holder.Oldest = None;
    }

    private void Free(int at)
    {
        ref var entry = ref _entries[at];
        ref var node = ref CollectionsMarshal.GetValueRefOrNullRef(_nodes, entry.Block);
        if (node.Count == 1)
        {
            _nodes.Remove(entry.Block);
        }
        else
        {
            node = node with { First = node.First == at ? entry.NextOfBlock : node.First, Count = node.Count - 1 };
        }

        if (entry.PreviousOfBlock != None)
        {
            _entries[entry.PreviousOfBlock].NextOfBlock = entry.NextOfBlock;
        }

        if (entry.NextOfBlock != None)
        {
            _entries[entry.NextOfBlock].PreviousOfBlock = entry.PreviousOfBlock;
        }

        entry = new Entry { NextOfBlock = _free };
        _free = at;
        _count--;
    }

    private void LinkNewest(Holder holder, int at)
    {
        _entries[at].Newer = None;
        _entries[at].Older = holder.Newest;
        if (holder.Newest == None)
        {
            holder.Oldest = at;
        }
        else
        {
            _entries[holder.Newest].Newer = at;
        }

        holder.Newest = at;
    }

    private void LinkOldest(Holder holder, int at)
    {
        _entries[at].Older = None;
        _entries[at].Newer = holder.Oldest;
        if (holder.Oldest == None)
        {
            holder.Newest = at;
        }
        else
        {
            _entries[holder.Oldest].Older = at;
        }

        holder.Oldest = at;
    }

    private void Unlink(Holder holder, int at)
    {
        var (newer, older) = (_entries[at].Newer, _entries[at].Older);
        if (newer == None)
        {
            holder.Newest = older;
        }
        else
        {
            _entries[newer].Older = older;
        }

        if (older == None)
        {
            holder.Oldest = newer;
        }
        else
        {
            _entries[older].Newer = newer;
        }
    }

    /// <summary>A life of an instance. Its blocks, and their order of use, are entries by number.</summary>
    private sealed class Holder(InstanceId instance)
    {
        public InstanceId Instance { get; } = instance;

        public Epoch Epoch { get; set; }

        public int Capacity { get; set; }

        public int Limit { get; set; }

        public Dictionary<ulong, int> Blocks { get; } = [];

        public int Newest { get; set; } = None;

        public int Oldest { get; set; } = None;
    }

    /// <summary>A block that somebody has.</summary>
    /// <param name="First">The first entry of it.</param>
    /// <param name="Count">How many have it.</param>
    /// <param name="Uses">Prompts that went through it, as of <paramref name="UsedBy"/>.</param>
    /// <param name="UsedBy">The latest of them.</param>
    private readonly record struct Node(int First, int Count, float Uses, long UsedBy);

    private struct Entry
    {
        public ulong Block;
        public Holder? Holder;
        public int Newer;
        public int Older;
        public int NextOfBlock;
        public int PreviousOfBlock;
    }
}
