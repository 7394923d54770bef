using Krewe.Core.Identity;
using Krewe.Core.Routing;
using Krewe.Core.Routing.Prefix;

namespace Krewe.Bench.Replay;

/// <summary>
/// Holds each decision against that of a silo that knows everything at once, which has the same draws, in the same state of
/// the fleet: how often they differ, what each did not know that made them differ, how much load goes elsewhere by it, and
/// what that costs by all that is known.
/// </summary>
internal sealed class SkewMeter(IRoutingPolicy policy, ReplayRandom random)
{
    private readonly ReplaySilo _all = new(policy, random);
    private readonly Router _again = new(random);
    private long _decisions;
    private long _differing;
    private long _byViews;
    private long _byPrefixes;
    private long _promptTokens;
    private long _tokens;
    private long _moved;
    private double _regret;
    private double _cost;
    private long _cachedError;

    public double Decisions => Share(_differing, _decisions);

    /// <summary>Share of all decisions that differ, and would not had the silo known every load. 0 for policies that know no prefixes: what they do not know is loads only, and asking them again may move what they remember.</summary>
    public double DecisionsByViews => Share(_byViews, _decisions);

    /// <summary>Share of all decisions that differ, and would not had the silo known every prompt.</summary>
    public double DecisionsByPrefixes => Share(_byPrefixes, _decisions);

    /// <summary>Share of the tokens to compute whose decision differs: nothing cancels out, so no instance's share is further off.</summary>
    public double Load => Share(_moved, _tokens);

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

        var (chosen, best) = (route.Prefill!.Id, other.Prefill!.Id);
        var (tokens, bestTokens) = (Uncached(chosen, query), Uncached(best, query));
        var bestCost = Waiting(best) + bestTokens;
        _decisions++;
        _promptTokens += query.PromptTokens;
        _cachedError += Math.Abs(silo.State.Prefixes.UncachedTokens(chosen, route.Prefill.Epoch, query.Prefix.Span, query.PromptTokens) - tokens);
        _cost += bestCost;
        _tokens += tokens;
        if (best != chosen)
        {
            _differing++;
            _moved += tokens;
            if (policy.UsesPrefixes)
            {
                _byViews += Chooses(best, _all.View, silo.State, request, query) ? 1 : 0;
                _byPrefixes += Chooses(best, silo.View, _all.State, request, query) ? 1 : 0;
            }

            _regret += Math.Max(0, Waiting(chosen) + tokens - bestCost);
        }
    }

    private bool Chooses(InstanceId best, PoolView view, RoutingState state, ReplayRequest request, in RouteQuery query)
    {
        random.Begin(request.Number);
        return _again.Route(view, policy, state, query).Prefill?.Id == best;
    }

    /// <summary>Tokens that are to be computed there first, as all is known.</summary>
    private long Waiting(InstanceId id) => _all.View.TryGet(id, out var view) ? view.Load.ReservedTokens : 0;

    /// <summary>Tokens of the prompt that are to be computed there, as all is known.</summary>
    private long Uncached(InstanceId id, in RouteQuery query) => _all.View.TryGet(id, out var view)
        ? _all.State.Prefixes.UncachedTokens(id, view.Epoch, query.Prefix.Span, query.PromptTokens)
        : 0;

    private static double Share(double part, double whole) => whole > 0 ? part / whole : 0;
}
