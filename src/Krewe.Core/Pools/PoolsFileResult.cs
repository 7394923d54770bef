namespace Krewe.Core.Pools;

/// <summary>What reading a pools file gave: its pools, or what is wrong with it.</summary>
/// <param name="Pools">Empty where there are errors.</param>
/// <param name="Errors">In the order of the file, at most <see cref="MaxErrors"/>; empty where the file is good.</param>
public sealed record PoolsFileResult(IReadOnlyList<PoolDefinition> Pools, IReadOnlyList<PoolsFileError> Errors)
{
    /// <summary>Most errors that are told at once.</summary>
    public const int MaxErrors = 50;

    public bool IsValid => Errors.Count == 0;
}
