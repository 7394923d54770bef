using Krewe.Core.Randomness;

namespace Krewe.Bench.Replay;

/// <summary>The same draws for each request, whichever silo routes it and whatever was drawn before.</summary>
internal sealed class ReplayRandom(ulong seed) : IRandomSource
{
    private SeededRandom _current = new(seed);

    public void Begin(int request) => _current = new SeededRandom(seed + ((ulong)request * 0xD6E8FEB86659FD93));

    public ulong NextUInt64() => _current.NextUInt64();

    public int Next(int exclusiveMax) => _current.Next(exclusiveMax);

    public double NextDouble() => _current.NextDouble();
}
