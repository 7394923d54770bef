using Krewe.Bench.Drill.Record;
using Krewe.EngineSim.Tokens;

namespace Krewe.Bench.Drill.Load;

/// <summary>Draws the requests of a load; the same seed draws the same.</summary>
internal sealed class PlanSource(LoadShape shape, int seed)
{
    private static readonly string[] Words = ["the", "band", "turns", "into", "Claiborne", "under", "oaks", "and", "beads", "fly", "second", "line"];

    private readonly Random _random = new(seed);
    private int _count;

    public RequestPlan Next(string? pool = null)
    {
        var number = _count++;
        var prompt = Prompt(number);
        var isChat = number / shape.Pools.Count % 2 == 0;
        var endsItself = _random.Next(4) == 0;
        pool ??= shape.Pools[number % shape.Pools.Count];
        return new RequestPlan
        {
            Pool = pool,
            Model = pool,
            IsChat = isChat,
            Streams = number % shape.WholeEvery != shape.WholeEvery - 1,
            Prompt = prompt,
            Seed = isChat ? (ulong)_random.NextInt64((long)SimTokens.MaxSeed) : SimTokens.SeedOf(prompt),
            Tokens = shape.Lengths[_random.Next(shape.Lengths.Count)],
            EndsItself = endsItself,
            WantsUsage = _random.Next(2) == 0,
            Deadline = shape.Deadline,
        };
    }

    private string Prompt(int number) =>
        string.Join(' ', Enumerable.Range(0, _random.Next(6, 60)).Select(_ => Words[_random.Next(Words.Length)]).Prepend($"Call {number}:"));
}
