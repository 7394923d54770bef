namespace Krewe.Core.Randomness;

/// <summary>The one source of chance in a silo. Safe to call from many threads; repeatable from its seed when called from one.</summary>
public interface IRandomSource
{
    ulong NextUInt64();

    /// <summary>A whole number from 0 to <paramref name="exclusiveMax"/> - 1.</summary>
    int Next(int exclusiveMax);

    /// <summary>A number from 0 (inclusive) to 1 (exclusive).</summary>
    double NextDouble();
}
