namespace Krewe.Core.Pools;

/// <summary>Reads pools from JSON, strictly: unknown keys and bad values are errors that name their path.</summary>
public static class PoolsFile
{
    /// <summary>Largest file, in bytes.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>Most pools in a file.</summary>
    public const int MaxPools = 1000;

    /// <summary>Reads a whole pools file: <c>{"pools": [...]}</c>. Comments are allowed.</summary>
    public static PoolsFileResult Parse(ReadOnlySpan<byte> json) => throw new NotImplementedException();

    /// <summary>Reads the definition of one pool, as an element of the file's <c>pools</c>.</summary>
    public static PoolsFileResult ParsePool(ReadOnlySpan<byte> json) => throw new NotImplementedException();
}
