namespace Krewe.Fleet.Instances;

public static class BindOutcomeFacts
{
    /// <summary>The outcome's label in metrics.</summary>
    public static string MetricTag(this BindOutcome outcome) => outcome switch
    {
        BindOutcome.Bound => "bound",
        BindOutcome.EpochMoved => "epoch_moved",
        BindOutcome.NotSchedulable => "not_schedulable",
        BindOutcome.Full => "full",
        BindOutcome.AlreadyReleased => "already_released",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, null),
    };
}
