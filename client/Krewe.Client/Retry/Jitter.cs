using System.Security.Cryptography;

namespace Krewe.Client.Retry;

/// <summary>Random numbers for pauses and choices. Safe for use from several threads.</summary>
internal sealed class Jitter
{
    private readonly Random _random;
    private readonly Lock _gate = new();

    /// <param name="seed">For tests; null = another each time.</param>
    public Jitter(int? seed = null) => _random = new Random(seed ?? RandomNumberGenerator.GetInt32(int.MaxValue));

    public int Next(int below)
    {
        lock (_gate)
        {
            return _random.Next(below);
        }
    }

    public double NextDouble()
    {
        lock (_gate)
        {
            return _random.NextDouble();
        }
    }
}
