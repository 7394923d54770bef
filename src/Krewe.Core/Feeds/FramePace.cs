using Krewe.Core.Routing;

namespace Krewe.Core.Feeds;

/// <summary>
/// When a silo tells the others what is new. What others route by (what is reserved, what can be scheduled) is wrong there
/// until they hear of it, so it goes at once where no such frame went a moment ago; all else goes with the next regular
/// frame. The pause grows with the silos that are told, so that a silo sends at most
/// 1 / <see cref="PausePerFollower"/> such messages a second, and becomes the regular interval where there are many.
/// </summary>
public static class FramePace
{
    /// <summary>How long what is urgent is gathered first: a binding takes from two instances at once.</summary>
    public static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(1);

    /// <summary>The pause between two urgent frames is this for each silo that is told: 200 messages a second.</summary>
    public static readonly TimeSpan PausePerFollower = TimeSpan.FromMilliseconds(5);

    /// <summary>Whether a silo that was told the one would route otherwise by the other. An engine's own report can wait: it is as old as its heartbeat anyway.</summary>
    public static bool IsUrgent(InstanceView told, InstanceView now)
    {
        ArgumentNullException.ThrowIfNull(told);
        ArgumentNullException.ThrowIfNull(now);
        return told.Load.ReservedRequests != now.Load.ReservedRequests
            || told.Load.ReservedTokens != now.Load.ReservedTokens
            || told.Schedulable != now.Schedulable
            || told.Tier != now.Tier
            || told.Epoch != now.Epoch
            || told.Limit != now.Limit;
    }

    /// <summary>How long after it was first noted urgent news goes out.</summary>
    /// <param name="sinceUrgent">How long ago the last urgent frame went.</param>
    /// <param name="followers">Silos that are told, 1 or more.</param>
    /// <param name="interval">Between regular frames.</param>
    public static TimeSpan UrgentIn(TimeSpan sinceUrgent, int followers, TimeSpan interval)
    {
        var pause = PausePerFollower * followers;
        var left = (pause < interval ? pause : interval) - sinceUrgent;
        return left > Gather ? left : Gather;
    }
}
