using Krewe.Core.Randomness;

namespace Krewe.Simulation.Plans;

/// <summary>Sources of chance that have nothing to do with each other: one per seed and purpose.</summary>
internal static class Seeds
{
    /// <summary>The finalizer of MurmurHash3 (A. Appleby, public domain) over both: near seeds must not give shifted copies of one stream.</summary>
    public static SeededRandom Random(ulong seed, ulong purpose) => new(Mix(Mix(seed) + purpose));

    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 33)) * 0xFF51AFD7ED558CCD;
        value = (value ^ (value >> 33)) * 0xC4CEB9FE1A85EC53;
        return value ^ (value >> 33);
    }
}
