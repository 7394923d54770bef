namespace Krewe.Simulation.Engines;

/// <summary>What engines generate: token i of a request is a pure function of the request and i, whoever serves it.</summary>
internal static class SimTokens
{
    public static ulong At(ulong requestSeed, int index)
    {
        var z = requestSeed + (0x9E3779B97F4A7C15 * ((ulong)index + 1));
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        return z ^ (z >> 27);
    }
}
