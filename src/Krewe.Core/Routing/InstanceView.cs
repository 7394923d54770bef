using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Core.Time;

namespace Krewe.Core.Routing;

/// <summary>What routing reads of one instance: an immutable copy of its state and load, published by its actor.</summary>
public sealed record InstanceView
{
    public required InstanceId Id { get; init; }

    /// <summary>Newer wins; see <see cref="PoolView.With(InstanceView)"/>.</summary>
    public required ViewVersion Version { get; init; }

    public required Registration Registration { get; init; }

    public required Liveness Liveness { get; init; }

    public required AdminState Admin { get; init; }

    public required BreakerState Breaker { get; init; }

    /// <summary>Whether new work may go there, as its actor decided.</summary>
    public required bool Schedulable { get; init; }

    public required LoadSnapshot Load { get; init; }

    /// <summary>Most requests at a time, above 0: at it the instance is full.</summary>
    public required int Limit { get; init; }

    /// <summary>When this silo got the report, on its own clock.</summary>
    public Monotonic ReportedAt { get; init; }

    public Epoch Epoch => Version.Epoch;

    /// <summary>0 = served first; 1 = its lease is lost, so it comes after every instance of tier 0.</summary>
    public int Tier => Liveness is Liveness.LeaseLost ? 1 : 0;

    public bool HasRoom => Load.Requests < Limit;

    /// <summary>Its load relative to its limit; ties are broken by the prompt tokens it holds, by our books or by its own word.</summary>
    public LoadScore Score
    {
        get
        {
            var share = (double)Load.Requests / Math.Max(Limit, 1);
            return new LoadScore(share, Math.Max(Load.ReservedTokens, Load.Reported.QueuedTokens), share);
        }
    }

    /// <summary>Exactly this life of the instance, as one half of a binding.</summary>
    public InstanceBinding ToBinding() => new(Id, Epoch, Registration.Incarnation, Registration.Url, Registration.Protocol);
}
