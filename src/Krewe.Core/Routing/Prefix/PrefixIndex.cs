using Krewe.Core.Identity;
using Krewe.Core.Instances;

namespace Krewe.Core.Routing.Prefix;

/// <summary>
/// What each instance of a pool is taken to have in its prefix cache: what was sent there, forgotten as an engine forgets,
/// least recently used first and from a chain's end, so that whoever has a block has all before it. Entries belong to a
/// life of an instance; a newer epoch drops them. Bounded by each instance's capacity and by
/// <see cref="MaxEntries"/>, of which every instance has an equal share. Safe to use from many threads; allocates only to grow.
/// </summary>
public sealed partial class PrefixIndex
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

    // That could compute the prompt that was asked for last: more than those that hold anything.
    private int _instances;
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
}
