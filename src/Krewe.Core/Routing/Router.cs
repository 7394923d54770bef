using System.Buffers;
using Krewe.Core.Instances;
using Krewe.Core.Protocols;
using Krewe.Core.Randomness;

namespace Krewe.Core.Routing;

/// <summary>
/// Finds where a request goes: filter, score, rank, prefill and decode together. Candidates are mixed instances and pairs
/// of a prefill and a decode instance of one transfer group and protocol; the pool's policy chooses among all of them, a
/// pair counting as its busier half, then by the prompts that wait at its prefill half. Decode instances that can prefill serve a request whole where the query forbids
/// disaggregation, or where no pair and no mixed instance is left to it; that all of them are full is no such case.
/// Among these candidates tier 0 comes before any that involves tier 1. Ranking is lazy: where the first candidate
/// refuses, the caller excludes it and routes again. Safe to use from many threads; allocates nothing.
/// </summary>
public sealed class Router(IRandomSource random)
{
    // More groups than this and the choices go to a rented buffer.
    private const int GroupsOnStack = 64;

    public RouteResult Route(PoolView pool, IRoutingPolicy policy, RoutingState state, in RouteQuery query)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(state);
        if (query.KeptPrefill is not null)
        {
            return WithKeptPrefill(pool, policy, state, query);
        }

        if (query.KeptDecode is not null)
        {
            return WithKeptDecode(pool, policy, state, query);
        }

        if (!query.AllowDisaggregated)
        {
            return FromSets(pool, pool.Topology.Whole, policy, state, query);
        }

        var led = FromLeads(pool, policy, state, query);
        if (led.Outcome is RouteOutcome.Found or RouteOutcome.NoRoom)
        {
            return led;
        }

        var alone = FromSets(pool, pool.Topology.Alone, policy, state, query);
        return alone.Outcome is RouteOutcome.NoInstance ? led : alone;
    }

    private RouteResult FromLeads(PoolView pool, IRoutingPolicy policy, RoutingState state, in RouteQuery query)
    {
        var groups = pool.Topology.Decodes.Length;
        if (groups <= GroupsOnStack)
        {
            return FromLeads(pool, policy, state, query, stackalloc int[groups]);
        }

        var rented = ArrayPool<int>.Shared.Rent(groups);
        try
        {
            return FromLeads(pool, policy, state, query, rented.AsSpan(0, groups));
        }
        finally
        {
            ArrayPool<int>.Shared.Return(rented);
        }
    }

    private RouteResult FromLeads(PoolView pool, IRoutingPolicy policy, RoutingState state, in RouteQuery query, Span<int> chosen)
    {
        // The further down, the more of the pair has lost its lease.
        ReadOnlySpan<(int Lead, int FirstDecode, int LastDecode)> passes = [(0, 0, 0), (0, 1, 1), (1, 0, 1)];
        var topology = pool.Topology;
        foreach (var (lead, firstDecode, lastDecode) in passes)
        {
            chosen.Clear();
            var decodes = new DecodeChoices(pool, policy, state, query, random, chosen, firstDecode, lastDecode);
            var candidates = new RoutingCandidates(pool, topology.Leads[lead], query.Exclusions.Span, decodes);
            var at = candidates.Choose(policy, query, state, random);
            if (at >= 0)
            {
                return candidates.ResultAt(at);
            }
        }

        return RouteResult.Without(
            HasLead(pool, query.Exclusions.Span) ? RouteOutcome.NoRoom
            : HasAny(topology.Leads) ? RouteOutcome.OnlyExcluded
            : RouteOutcome.NoInstance);
    }

    private RouteResult FromSets(
        PoolView pool, CandidateSet[] tiers, IRoutingPolicy policy, RoutingState state, in RouteQuery query, bool computePrompt = true)
    {
        foreach (var set in tiers)
        {
            var candidates = new RoutingCandidates(pool, set, query.Exclusions.Span, computePrompt);
            var at = candidates.Choose(policy, query, state, random);
            if (at >= 0)
            {
                return candidates.ResultAt(at);
            }
        }

        return RouteResult.Without(
            HasUnexcluded(pool, tiers, query.Exclusions.Span) ? RouteOutcome.NoRoom
            : HasAny(tiers) ? RouteOutcome.OnlyExcluded
            : RouteOutcome.NoInstance);
    }

    private RouteResult WithKeptPrefill(PoolView pool, IRoutingPolicy policy, RoutingState state, in RouteQuery query)
    {
        var kept = query.KeptPrefill!;
        if (!pool.Topology.Slots.TryGetValue(kept.Instance, out var slot)
            || pool[slot] is not { Schedulable: true, Registration.Role: InstanceRole.Prefill } prefill
            || prefill.Epoch != kept.Epoch
            || pool.Topology.GroupOf(slot) is var group && group == PoolTopology.NoGroup)
        {
            return RouteResult.Without(RouteOutcome.NoInstance);
        }

        var decode = FromSets(pool, pool.Topology.Decodes[group], policy, state, query, computePrompt: false);
        return decode.IsFound ? decode with { Prefill = prefill } : decode;
    }

    /// <summary>Another prefill instance of its group; where none is left to the request, the decode instance alone, if it can.</summary>
    private RouteResult WithKeptDecode(PoolView pool, IRoutingPolicy policy, RoutingState state, in RouteQuery query)
    {
        var kept = query.KeptDecode!;
        if (!pool.Topology.Slots.TryGetValue(kept.Instance, out var slot)
            || pool[slot] is not { Schedulable: true, Registration.Role: InstanceRole.Decode } decode
            || decode.Epoch != kept.Epoch)
        {
            return RouteResult.Without(RouteOutcome.NoInstance);
        }

        var group = pool.Topology.GroupOf(slot);
        var prefill = group == PoolTopology.NoGroup || !query.AllowDisaggregated
            ? RouteResult.Without(RouteOutcome.NoInstance)
            : FromSets(pool, pool.Topology.Prefills[group], policy, state, query);
        return prefill.IsFound ? prefill with { Decode = decode }
            : prefill.Outcome is not RouteOutcome.NoRoom && decode.Registration.Protocol.DecodeCanPrefill() ? RouteResult.OnOne(decode)
            : prefill;
    }

    private static bool HasAny(CandidateSet[] tiers) => Array.Exists(tiers, set => !set.IsEmpty);

    private static bool HasUnexcluded(PoolView pool, CandidateSet[] tiers, ReadOnlySpan<Exclusion> exclusions)
    {
        foreach (var set in tiers)
        {
            foreach (var slot in set.Slots)
            {
                if (!RoutingCandidates.IsExcluded(pool[slot], exclusions))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Whether a mixed instance or a pair is there that is not excluded, full or not.</summary>
    private static bool HasLead(PoolView pool, ReadOnlySpan<Exclusion> exclusions)
    {
        var topology = pool.Topology;
        foreach (var set in topology.Leads)
        {
            foreach (var slot in set.Slots)
            {
                if (!RoutingCandidates.IsExcluded(pool[slot], exclusions)
                    && (topology.GroupOf(slot) is var group && group == PoolTopology.NoGroup
                        || HasUnexcluded(pool, topology.Decodes[group], exclusions)))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
