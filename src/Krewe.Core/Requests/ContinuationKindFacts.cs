namespace Krewe.Core.Requests;

/// <summary>The words for a <see cref="ContinuationKind"/>.</summary>
public static class ContinuationKindFacts
{
    /// <summary>The value of the metric label <c>outcome</c>.</summary>
    public static string MetricTag(this ContinuationKind kind) => kind switch
    {
        ContinuationKind.Refuse => "refused",
        ContinuationKind.Restart => "restarted",
        ContinuationKind.Continue => "continued",
        ContinuationKind.Finish => "finished",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
