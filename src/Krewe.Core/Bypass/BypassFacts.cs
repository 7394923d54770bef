namespace Krewe.Core.Bypass;

/// <summary>What each cause and verdict is called.</summary>
public static class BypassFacts
{
    /// <summary>The value of the metric label <c>cause</c>, and the word where a request is told of.</summary>
    public static string MetricTag(this BypassCause cause) => cause switch
    {
        BypassCause.Late => "late",
        BypassCause.Failed => "failed",
        BypassCause.Unreached => "unreached",
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, null),
    };

    /// <summary>The value of the metric label <c>outcome</c>.</summary>
    public static string MetricTag(this BypassVerdict verdict) => verdict switch
    {
        BypassVerdict.Bound => "bound",
        BypassVerdict.EpochMoved => "epoch_moved",
        BypassVerdict.NotSchedulable => "not_schedulable",
        BypassVerdict.OnTrial => "on_trial",
        BypassVerdict.Full => "full",
        BypassVerdict.TooLong => "too_long",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, null),
    };
}
