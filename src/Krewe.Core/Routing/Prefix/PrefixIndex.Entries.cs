using System.Runtime.InteropServices;
using Krewe.Core.Identity;

namespace Krewe.Core.Routing.Prefix;

/// <content>Where the blocks are kept: entries by number, in the order of their holder's use, and of each block all entries.</content>
public sealed partial class PrefixIndex
{
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
    private float UsesOf(in Node node) => node.Uses * MathF.Exp((node.UsedBy - _prompts) / (float)(RecentPrompts * Math.Max(_instances, _holders.Count)));

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
