namespace Krewe.Gateway.Console.Figures;

/// <summary>How a pool has done on this silo lately. Immutable: one per second.</summary>
internal sealed record PoolFigures
{
    /// <summary>Requests that ended, per second, over the last few seconds.</summary>
    public required double RequestsPerSecond { get; init; }

    /// <summary>Those of them that ended for want of anything the client could change (5xx and 429), per second.</summary>
    public required double FailuresPerSecond { get; init; }

    /// <summary>Tokens of requests that ended, per second.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Attempts that were moved to another instance within the last minute.</summary>
    public required long Failovers { get; init; }

    /// <summary>Time to first token within the last minute; null where there was none.</summary>
    public required QuantilePair? TimeToFirstToken { get; init; }

    /// <summary>Time per output token within the last minute; null where there was none.</summary>
    public required QuantilePair? TimePerOutputToken { get; init; }

    /// <summary>Requests that ended in each of the last seconds, oldest first.</summary>
    public required IReadOnlyList<long> RequestsBySecond { get; init; }
}
