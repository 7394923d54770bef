using Krewe.Core.Time;

namespace Krewe.Core.Instances.Breaking;

/// <summary>The outcomes of one kind of leg.</summary>
internal sealed record LegOutcomes(int FailuresInARow, OutcomeWindow Window)
{
    public static LegOutcomes None { get; } = new(0, default);

    public LegOutcomes Book(bool failed, Monotonic now, BreakerOptions options) =>
        new(failed ? FailuresInARow + 1 : 0, Window.Book(failed, now, options.Window));

    public bool Trips(BreakerOptions options)
    {
        if (FailuresInARow >= options.ConsecutiveFailures)
        {
            return true;
        }

        var (succeeded, failed) = Window.Sum();
        var all = succeeded + failed;
        return all >= options.MinimumOutcomes && failed >= options.FailureRatio * all;
    }
}
