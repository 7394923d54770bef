using Krewe.Core.Randomness;

namespace Krewe.Core.Routing.Prefix;

/// <content>Who has most of a prompt.</content>
public sealed partial class PrefixIndex
{
    /// <summary>
    /// Who has most of a chain: of those that have equally much of it, two drawn by chance, so that routers which know
    /// the same do not all run to one; then the same of those that have the next less, until <paramref name="into"/> is full.
    /// </summary>
    /// <param name="chain">The prompt's blocks.</param>
    /// <param name="instances">Instances that could compute the prompt, whether anything is known of them or not.</param>
    /// <param name="random">For the draws.</param>
    /// <param name="into">Where they go, those with most first.</param>
    /// <param name="demand">
    /// How much of a mean instance's latest prompts each of those with most has through its last block alone: at 1 it is as
    /// busy as the others by this prefix alone, so that one more to have it would soon be used; at 2 they are twice as busy.
    /// </param>
    /// <returns>How many were found.</returns>
    internal int Match(ReadOnlySpan<ulong> chain, int instances, IRandomSource random, ref PrefixMatches into, out double demand)
    {
        demand = 0;
        if (_count == 0)
        {
            return 0;
        }

        lock (_gate)
        {
            _instances = instances;
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
}
