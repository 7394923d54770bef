using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Randomness;

namespace Krewe.Core.Routing;

/// <summary>
/// What a policy chooses from: schedulable instances of one tier that fit the part of the request that is sought. Whether
/// one has room and is not excluded is found out when its score is asked for, so a policy that draws a few out of many
/// pays for those few. A prefill instance stands for a pair: it is scored with the decode instance that would go with it.
/// </summary>
public readonly ref struct RoutingCandidates
{
    private readonly PoolView _pool;
    private readonly CandidateSet _set;
    private readonly ReadOnlySpan<Exclusion> _exclusions;
    private readonly DecodeChoices _decodes;
    private readonly bool _paired;

    internal RoutingCandidates(PoolView pool, CandidateSet set, ReadOnlySpan<Exclusion> exclusions, bool computePrompt)
    {
        _pool = pool;
        _set = set;
        _exclusions = exclusions;
        ComputePrompt = computePrompt;
    }

    internal RoutingCandidates(PoolView pool, CandidateSet set, ReadOnlySpan<Exclusion> exclusions, DecodeChoices decodes)
        : this(pool, set, exclusions, computePrompt: true)
    {
        _decodes = decodes;
        _paired = true;
    }

    public int Count => _set.Slots.Length;

    /// <summary>Whether the one that is chosen computes the prompt. False: it decodes behind a prefill elsewhere.</summary>
    public bool ComputePrompt { get; }

    /// <summary>Names this set of candidates within its pool, for <see cref="RoutingState.Cursor"/>. It keeps while the pool's members do.</summary>
    public int Key => _set.Key;

    /// <summary>The candidate at this position. It may be full or excluded: <see cref="TryScore"/> tells.</summary>
    public InstanceView this[int position] => _pool[_set.Slots[position]];

    /// <summary>The score of the candidate at this position (of a pair: of both halves, see <see cref="LoadScore"/>); false where it cannot serve: full, excluded, or no half to go with.</summary>
    public bool TryScore(int position, out LoadScore score)
    {
        var slot = _set.Slots[position];
        var view = _pool[slot];
        if (!view.HasRoom || IsExcluded(view, _exclusions))
        {
            score = default;
            return false;
        }

        score = view.Score;
        if (!_paired || view.Registration.Role is not InstanceRole.Prefill)
        {
            return true;
        }

        if (_decodes.For(_pool.Topology.GroupOf(slot)) is not { } decode)
        {
            return false;
        }

        score = LoadScore.OfPair(score, decode.Score);
        return true;
    }

    /// <summary>The position of an instance; false where it is none of the candidates.</summary>
    public bool TryFind(InstanceId id, out int position)
    {
        position = _pool.Topology.Slots.TryGetValue(id, out var slot) ? Array.BinarySearch(_set.Slots, slot) : -1;
        return position >= 0;
    }

    internal static bool IsExcluded(InstanceView view, ReadOnlySpan<Exclusion> exclusions)
    {
        foreach (var exclusion in exclusions)
        {
            if (exclusion.Covers(view))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The policy's choice, checked: a policy that errs must not get a request onto a full or excluded instance.</summary>
    internal int Choose(IRoutingPolicy policy, in RouteQuery query, RoutingState state, IRandomSource random)
    {
        if (Count == 0)
        {
            return -1;
        }

        var at = policy.Choose(this, query, state, random);
        return at < 0 || TryScore(at, out _)
            ? at
            : throw new InvalidOperationException($"Routing policy '{policy.Name}' chose {this[at].Id}, which cannot serve.");
    }

    /// <summary>The candidate at this position with its other half.</summary>
    internal RouteResult ResultAt(int position)
    {
        var slot = _set.Slots[position];
        var view = _pool[slot];
        return _paired && view.Registration.Role is InstanceRole.Prefill
            ? new RouteResult(RouteOutcome.Found, view, _decodes.For(_pool.Topology.GroupOf(slot)))
            : RouteResult.OnOne(view);
    }
}
