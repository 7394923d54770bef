using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Routing;

namespace Krewe.Core.Bypass;

/// <summary>
/// When a silo may bind an instance whose actor does not answer, and to what. Only where the call failed or was late, never
/// where it was refused; only the epoch that was routed to, on an instance that took work when its actor was last heard; and
/// never above its limit by what this silo knows: the actor's last word, and on top of it what the silo itself has bound and
/// given back since. Two silos that do so at once do not know of each other: together they may exceed the limit by what each
/// of them bound, until the actor takes it over.
/// </summary>
public static class BypassRule
{
    /// <summary>The longest by default: as long as an instance may live on evidence alone, without its lease.</summary>
    public static TimeSpan DefaultLimit { get; } = TimeSpan.FromMinutes(5);

    /// <param name="known">The actor's last word, with this silo's own counts.</param>
    /// <param name="routed">The epoch that the request was routed to.</param>
    /// <param name="unreachedFor">For how long the actor has not answered.</param>
    /// <param name="limit">For how long its last word counts; 0 = nothing is ever bound so.</param>
    /// <param name="own">Reservations that this silo's attempts hold there; its actor's last word may be a new activation's, which knows less.</param>
    public static BypassVerdict Decide(InstanceView known, Epoch routed, TimeSpan unreachedFor, TimeSpan limit, int own = 0)
    {
        ArgumentNullException.ThrowIfNull(known);
        return known.Epoch != routed ? BypassVerdict.EpochMoved
            : !known.Schedulable ? BypassVerdict.NotSchedulable
            : known.Breaker == BreakerState.HalfOpen ? BypassVerdict.OnTrial
            : unreachedFor >= limit ? BypassVerdict.TooLong
            : !known.HasRoom || own >= known.Limit ? BypassVerdict.Full
            : BypassVerdict.Bound;
    }
}
