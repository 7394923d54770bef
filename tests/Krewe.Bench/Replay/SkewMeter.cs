using Krewe.Core.Identity;
using Krewe.Core.Routing;
using Krewe.Core.Routing.Prefix;

namespace Krewe.Bench.Replay;

/// <summary>
/// Holds each decision against that of a silo that knows everything at once, which has the same draws: how often they
/// differ, and what that costs by all that is known.
/// </summary>
internal sealed class SkewMeter(IRoutingPolicy policy, ReplayRandom random)
{
    private readonly ReplaySilo _all = new(policy, random);
    private long _decisions;
    private long _differing;
    private long _promptTokens;
    private double _regret;
    private double _cost;
    private long _cachedError;

    public double Decisions => Share(_differing, _decisions);

    public double Regret => Share(_regret, _cost);

    public double CachedTokens => Share(_cachedError, _promptTokens);

    public void Publish(InstanceView view) => _all.Apply(view);

    public void Learn(PrefixLesson lesson, int capacity) => _all.Learn(lesson, capacity);

    public void Compare(ReplayRequest request, in RouteQuery query, RouteResult route, ReplaySilo silo)
    {
        random.Begin(request.Number);
        var other = _all.Route(query);
        if (!other.IsFound)
        {
            return;
        }

        _decisions++;
        _promptTokens += query.PromptTokens;
        _cachedError += Math.Abs(silo.State.Prefixes.UncachedTokens(route.Prefill!.Id, route.Prefill.Epoch, query.Prefix.Span, query.PromptTokens)
            - _all.State.Prefixes.UncachedTokens(route.Prefill.Id, route.Prefill.Epoch, query.Prefix.Span, query.PromptTokens));
        var best = Cost(other.Prefill!.Id, query);
        _cost += best;
        if (other.Prefill.Id != route.Prefill.Id)
        {
            _differing++;
            _regret += Math.Max(0, Cost(route.Prefill.Id, query) - best);
        }
    }

    /// <summary>Tokens until the first token there, as all is known.</summary>
    private double Cost(InstanceId id, in RouteQuery query) => _all.View.TryGet(id, out var view)
        ? view.Load.ReservedTokens + _all.State.Prefixes.UncachedTokens(id, view.Epoch, query.Prefix.Span, query.PromptTokens)
        : 0;

    private static double Share(double part, double whole) => whole > 0 ? part / whole : 0;
}
