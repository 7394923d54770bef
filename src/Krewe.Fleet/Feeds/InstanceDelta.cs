using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Routing;
using Krewe.Core.Time;

namespace Krewe.Fleet.Feeds;

/// <summary>A view of an instance without what seldom changes. Means something only to a follower that has missed nothing.</summary>
/// <param name="Id">Which.</param>
/// <param name="Version">Of the view.</param>
/// <param name="Liveness">As in the view, as all that follows.</param>
/// <param name="Admin">By operators and agents.</param>
/// <param name="Breaker">By the outcomes of attempts.</param>
/// <param name="Schedulable">Whether new work may go there.</param>
/// <param name="Load">Its load.</param>
/// <param name="ReportedAt">When the engine's report came, by the clock of whoever holds this.</param>
public sealed record InstanceDelta(
    InstanceId Id, ViewVersion Version, Liveness Liveness, AdminState Admin, BreakerState Breaker, bool Schedulable, LoadSnapshot Load, Monotonic ReportedAt)
{
    public static InstanceDelta Of(InstanceView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        return new InstanceDelta(view.Id, view.Version, view.Liveness, view.Admin, view.Breaker, view.Schedulable, view.Load, view.ReportedAt);
    }

    /// <summary>The view that this and an older view of the same epoch add up to.</summary>
    public InstanceView On(InstanceView known)
    {
        ArgumentNullException.ThrowIfNull(known);
        return known with
        {
            Version = Version,
            Liveness = Liveness,
            Admin = Admin,
            Breaker = Breaker,
            Schedulable = Schedulable,
            Load = Load,
            ReportedAt = ReportedAt,
        };
    }
}
