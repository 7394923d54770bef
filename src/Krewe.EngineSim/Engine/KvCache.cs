using Krewe.Core.Time;

namespace Krewe.EngineSim.Engine;

/// <summary>
/// Who has which KV blocks. A sequence is let in only when all the blocks that it can come to need are free or promised to
/// nobody: so a sequence that runs never lacks one, and every one that is let in ends.
/// </summary>
internal sealed class KvCache
{
    private readonly EngineLimits _limits;
    private readonly BlockPool _pool;
    private readonly EngineCounters _counters;
    private int _promised;

    public KvCache(EngineLimits limits, EngineCounters counters)
    {
        _limits = limits;
        _counters = counters;
        _pool = new BlockPool(limits.KvBlocks);
        Leases = new KvLeases(_pool, limits.KvLease);
    }

    public KvLeases Leases { get; }

    public int Total => _pool.Capacity;

    public int InUse => _pool.InUse;

    public int Cached => _pool.Named;

    /// <summary>Blocks that are free but that running sequences will take.</summary>
    public int Promised => _promised;

    public bool CanEverFit(SimSequence sequence) => BlocksNeeded(sequence) <= _pool.Capacity;

    /// <summary>Gives a sequence the blocks of its prompt, cached ones where they are, and a promise of the rest.</summary>
    public bool TryAllocate(SimSequence sequence)
    {
        // The last prompt token is always computed: its output is the first token.
        var reusable = (sequence.Prompt.Length - 1) / _limits.BlockSize;
        var blocks = sequence.Blocks;
        var name = sequence.CacheRoot;
        var takenFromFree = 0;
        while (blocks.Count < reusable)
        {
            var next = BlockHash.Next(name, sequence.Prompt.AsSpan(blocks.Count * _limits.BlockSize, _limits.BlockSize));
            var block = _pool.Find(next);
            if (block < 0)
            {
                break;
            }

            takenFromFree += _pool.References(block) == 0 ? 1 : 0;
            blocks.Add(block);
            name = next;
        }

        var fresh = BlocksNeeded(sequence) - blocks.Count;
        if (fresh + takenFromFree > _pool.Free - _promised)
        {
            blocks.Clear();
            return false;
        }

        foreach (var block in blocks)
        {
            _pool.Share(block);
        }

        sequence.NamedBlocks = blocks.Count;
        sequence.LastName = name;
        sequence.CachedTokens = sequence.Computed = blocks.Count * _limits.BlockSize;
        while (blocks.Count < _limits.BlocksFor(sequence.Prompt.Length))
        {
            blocks.Add(_pool.Take());
        }

        sequence.PromisedBlocks = BlocksNeeded(sequence) - blocks.Count;
        _promised += sequence.PromisedBlocks;
        _counters.PromptTokens += sequence.Prompt.Length;
        _counters.CacheQueries += sequence.Prompt.Length;
        _counters.CacheHits += sequence.CachedTokens;
        return true;
    }

    /// <summary>Room for one token more.</summary>
    public void Grow(SimSequence sequence)
    {
        while (sequence.Blocks.Count < _limits.BlocksFor(sequence.Prompt.Length + sequence.Produced))
        {
            sequence.Blocks.Add(_pool.Take());
            sequence.PromisedBlocks--;
            _promised--;
        }
    }

    /// <summary>Makes full blocks findable, once the KV of their tokens is there.</summary>
    public void NameFullBlocks(SimSequence sequence, int tokens)
    {
        var size = _limits.BlockSize;
        Span<int> answer = stackalloc int[Math.Min(size, 256)];
        while ((sequence.NamedBlocks + 1) * size <= tokens)
        {
            var from = sequence.NamedBlocks * size;
            if (from + size <= sequence.Prompt.Length)
            {
                sequence.LastName = BlockHash.Next(sequence.LastName, sequence.Prompt.AsSpan(from, size));
            }
            else
            {
                for (var i = 0; i < size; i++)
                {
                    answer[i] = sequence.TokenAt(from + i);
                }

                sequence.LastName = BlockHash.Next(sequence.LastName, answer[..size]);
            }

            _pool.Name(sequence.Blocks[sequence.NamedBlocks++], sequence.LastName);
        }
    }

    /// <summary>Moves the prompt's blocks of a sequence to a lease.</summary>
    public void Hold(SimSequence sequence, Monotonic at)
    {
        var prompt = sequence.Blocks.GetRange(0, _limits.BlocksFor(sequence.Prompt.Length));
        sequence.Blocks.RemoveRange(0, prompt.Count);
        sequence.HeldBlocks = [.. prompt];
        Leases.Hold(new KvLease(sequence.Id, sequence.HeldBlocks, prompt, sequence.Prompt.Length, at + _limits.KvLease));
    }

    /// <summary>Takes all blocks and promises back.</summary>
    public void Free(SimSequence sequence)
    {
        _promised -= sequence.PromisedBlocks;
        sequence.PromisedBlocks = 0;
        _pool.Drop(sequence.Blocks);
    }

    private int BlocksNeeded(SimSequence sequence) => _limits.BlocksFor(sequence.Prompt.Length + sequence.Tokens);
}
