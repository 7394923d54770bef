namespace Krewe.EngineSim.Engine;

/// <summary>
/// The KV cache: a fixed number of blocks, counted references, and a prefix cache over those that are free. A block that
/// nobody refers to keeps its content, least recently used first to be overwritten; blocks without a name go first.
/// </summary>
internal sealed class BlockPool
{
    private readonly int[] _references;
    private readonly ulong[] _names;
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly Dictionary<ulong, int> _byName = [];

    /// <summary>Index of the ring's sentinel: next of it is the first to be taken.</summary>
    private readonly int _ring;

    public BlockPool(int capacity)
    {
        Capacity = capacity;
        Free = capacity;
        _ring = capacity;
        _references = new int[capacity];
        _names = new ulong[capacity];
        _next = new int[capacity + 1];
        _previous = new int[capacity + 1];
        for (var i = 0; i <= capacity; i++)
        {
            _next[i] = i == capacity ? 0 : i + 1;
            _previous[i] = i == 0 ? capacity : i - 1;
        }
    }

    public int Capacity { get; }

    /// <summary>Blocks that nobody refers to, cached ones among them.</summary>
    public int Free { get; private set; }

    public int InUse => Capacity - Free;

    /// <summary>Blocks that can be found by content.</summary>
    public int Named => _byName.Count;

    public int References(int block) => _references[block];

    /// <returns>The block with this content, or -1.</returns>
    public int Find(ulong name) => _byName.GetValueOrDefault(name, -1);

    /// <summary>Refers to a block that was found.</summary>
    public void Share(int block)
    {
        if (_references[block]++ == 0)
        {
            Unlink(block);
            Free--;
        }
    }

    /// <summary>Takes a free block for new content. The caller has seen that there is one.</summary>
    public int Take()
    {
        var block = _next[_ring];
        if (block == _ring)
        {
            throw new InvalidOperationException("No KV block is free: admission let in more than fits.");
        }

        Unlink(block);
        Free--;
        Forget(block);
        _references[block] = 1;
        return block;
    }

    /// <summary>Makes a block's content findable; where another block has the same, that one stays the one that is found.</summary>
    public void Name(int block, ulong name)
    {
        if (_names[block] == 0 && _byName.TryAdd(name, block))
        {
            _names[block] = name;
        }
    }

    /// <summary>Gives references back, the last block first, so that a chain is overwritten from its end.</summary>
    public void Drop(List<int> blocks)
    {
        for (var i = blocks.Count - 1; i >= 0; i--)
        {
            Drop(blocks[i]);
        }

        blocks.Clear();
    }

    private void Drop(int block)
    {
        if (_references[block] <= 0)
        {
            throw new InvalidOperationException($"KV block {block} was given back twice.");
        }

        if (--_references[block] == 0)
        {
            Free++;
            Link(block, before: _names[block] == 0 ? _next[_ring] : _ring);
        }
    }

    private void Forget(int block)
    {
        if (_names[block] != 0)
        {
            _byName.Remove(_names[block]);
            _names[block] = 0;
        }
    }

    private void Link(int block, int before)
    {
        var previous = _previous[before];
        (_previous[block], _next[block]) = (previous, before);
        _next[previous] = block;
        _previous[before] = block;
    }

    private void Unlink(int block)
    {
        _next[_previous[block]] = _next[block];
        _previous[_next[block]] = _previous[block];
    }
}
