namespace Krewe.Core.Instances;

/// <summary>What an engine says it can hold.</summary>
/// <param name="MaxConcurrency">Most requests at a time; the limit that reservations obey.</param>
/// <param name="KvBlocks">KV cache size in blocks; 0 = not told.</param>
/// <param name="BlockSize">Tokens in a block; 0 = not told.</param>
public readonly record struct InstanceCapacity(int MaxConcurrency, int KvBlocks, int BlockSize)
{
    public const int DefaultMaxConcurrency = 256;
}
