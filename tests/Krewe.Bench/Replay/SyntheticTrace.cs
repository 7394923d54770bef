using Krewe.Core.Randomness;

namespace Krewe.Bench.Replay;

/// <summary>A trace made from a seed: conversations that grow by a question and an answer each turn, behind a few system prompts.</summary>
internal static class SyntheticTrace
{
    public static List<TraceRequest> Make(ulong seed, int requests, double perSecond)
    {
        var random = new SeededRandom(seed);
        var open = new List<Conversation>();
        var trace = new List<TraceRequest>(requests);
        var (at, nextId) = (TimeSpan.Zero, 1000L);
        while (trace.Count < requests)
        {
            at += TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) / perSecond);
            Conversation talk;
            if (open.Count > 0 && random.NextDouble() < 0.7)
            {
                talk = open[random.Next(open.Count)];
            }
            else
            {
                var system = random.Next(4);
                open.Add(talk = new Conversation([.. Enumerable.Range(0, 1 + system).Select(i => (system * 100L) + i)]));
            }

            for (var blocks = 1 + random.Next(6); blocks > 0; blocks--)
            {
                talk.Blocks.Add(nextId++);
            }

            var output = 20 + random.Next(300);

            // The last block is full as often as not, so that a prompt's end need not be a block's.
            var tail = random.Next(2) == 0 ? TraceReader.BlockTokens : 1 + random.Next(TraceReader.BlockTokens);
            trace.Add(new TraceRequest(at, ((talk.Blocks.Count - 1) * TraceReader.BlockTokens) + tail, output, [.. talk.Blocks]));
            if (talk.Blocks.Count > 60 || random.Next(8) == 0)
            {
                open.Remove(talk);
            }
        }

        return trace;
    }

    private sealed record Conversation(List<long> Blocks);
}
