namespace Krewe.Bench.Drill.Verdict;

/// <summary>A fault that hit one life of one instance.</summary>
/// <param name="Instance">Its name.</param>
/// <param name="Pool">Its pool.</param>
/// <param name="Epoch">Of the life that was hit.</param>
/// <param name="Incarnation">The same, as the engine says it.</param>
/// <param name="IsPrefill">Whether it makes no stream's events.</param>
/// <param name="At">When, on the drill's clock.</param>
internal sealed record Strike(string Instance, string Pool, long Epoch, string Incarnation, bool IsPrefill, TimeSpan At)
{
    /// <summary>When the fault was over while that life went on; null: not within the drill.</summary>
    public TimeSpan? HealedAt { get; set; }
}
