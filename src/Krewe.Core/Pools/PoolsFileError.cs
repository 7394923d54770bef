namespace Krewe.Core.Pools;

/// <summary>One thing that is wrong with a pools file.</summary>
/// <param name="Path">Where, such as <c>pools[0].retry.attempts</c>; empty for the file as a whole.</param>
/// <param name="Message">What, such as <c>must be 1 to 16</c>.</param>
public sealed record PoolsFileError(string Path, string Message)
{
    public override string ToString() => Path.Length == 0 ? Message : $"{Path}: {Message}";
}
