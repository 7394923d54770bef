using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Protocols;

namespace Krewe.Core.Routing;

/// <summary>
/// Who can serve what in a pool, worked out once and shared by all of its views until an instance comes, goes, or changes
/// in more than its load. Every array of two is indexed by tier.
/// </summary>
internal sealed class PoolTopology
{
    /// <summary>Tiers: 0 = active, 1 = lease lost.</summary>
    public const int Tiers = 2;

    /// <summary>The group of an instance that is not half of any pair.</summary>
    public const int NoGroup = -1;

    private readonly int[] _group;

    private PoolTopology(int instances)
    {
        Slots = new Dictionary<InstanceId, int>(instances);
        _group = new int[instances];
        Array.Fill(_group, NoGroup);
    }

    public Dictionary<InstanceId, int> Slots { get; }

    /// <summary>Where a request may begin: mixed instances, and prefill instances that have a decode instance to go with.</summary>
    public CandidateSet[] Leads { get; private set; } = [];

    /// <summary>Who can serve a request whole: mixed instances, and decode instances that can prefill.</summary>
    public CandidateSet[] Whole { get; private set; } = [];

    /// <summary>Decode instances that can prefill.</summary>
    public CandidateSet[] Alone { get; private set; } = [];

    /// <summary>Per pair group (one transfer group, one protocol), then per tier: its decode instances.</summary>
    public CandidateSet[][] Decodes { get; private set; } = [];

    /// <summary>Per pair group, then per tier: its prefill instances.</summary>
    public CandidateSet[][] Prefills { get; private set; } = [];

    /// <summary>The pair group of the instance in this slot, or <see cref="NoGroup"/>.</summary>
    public int GroupOf(int slot) => _group[slot];

    public static PoolTopology Of(IReadOnlyList<InstanceView> instances)
    {
        var topology = new PoolTopology(instances.Count);
        var groups = topology.Group(instances);
        var key = 0;
        var leads = NewSets(ref key);
        var whole = NewSets(ref key);
        var alone = NewSets(ref key);
        var decodes = new (int Key, List<int> Slots)[groups][];
        var prefills = new (int Key, List<int> Slots)[groups][];
        for (var group = 0; group < groups; group++)
        {
            decodes[group] = NewSets(ref key);
            prefills[group] = NewSets(ref key);
        }

        for (var slot = 0; slot < instances.Count; slot++)
        {
            var view = instances[slot];
            topology.Slots.Add(view.Id, slot);
            if (!view.Schedulable)
            {
                continue;
            }

            var group = topology._group[slot];
            switch (view.Registration.Role)
            {
                case InstanceRole.Mixed:
                    leads[view.Tier].Slots.Add(slot);
                    whole[view.Tier].Slots.Add(slot);
                    break;
                case InstanceRole.Prefill when group != NoGroup:
                    prefills[group][view.Tier].Slots.Add(slot);
                    leads[view.Tier].Slots.Add(slot);
                    break;
                case InstanceRole.Decode:
                    if (group != NoGroup)
                    {
                        decodes[group][view.Tier].Slots.Add(slot);
                    }

                    if (view.Registration.Protocol.DecodeCanPrefill())
                    {
                        whole[view.Tier].Slots.Add(slot);
                        alone[view.Tier].Slots.Add(slot);
                    }

                    break;
            }
        }

        topology.Leads = Closed(leads);
        topology.Whole = Closed(whole);
        topology.Alone = Closed(alone);
        topology.Decodes = Array.ConvertAll(decodes, Closed);
        topology.Prefills = Array.ConvertAll(prefills, Closed);
        return topology;
    }

    /// <summary>Whether a view that replaces another leaves the topology as it is: then only its load or the like changed.</summary>
    public static bool IsSame(InstanceView left, InstanceView right) =>
        left.Schedulable == right.Schedulable
        && left.Tier == right.Tier
        && (ReferenceEquals(left.Registration, right.Registration)
            || (left.Registration.Role == right.Registration.Role
                && left.Registration.Protocol == right.Registration.Protocol
                && left.Registration.TransferGroup == right.Registration.TransferGroup));

    private static (int Key, List<int> Slots)[] NewSets(ref int key)
    {
        var sets = new (int Key, List<int> Slots)[Tiers];
        for (var tier = 0; tier < Tiers; tier++)
        {
            sets[tier] = (key++, []);
        }

        return sets;
    }

    private static CandidateSet[] Closed((int Key, List<int> Slots)[] sets) =>
        Array.ConvertAll(sets, set => new CandidateSet(set.Key, [.. set.Slots]));

    /// <summary>Numbers the groups that have both halves of a pair, marks their members, and tells how many there are.</summary>
    private int Group(IReadOnlyList<InstanceView> instances)
    {
        var members = new SortedDictionary<(string Group, EngineProtocol Protocol), (List<int> Prefill, List<int> Decode)>(
            Comparer<(string Group, EngineProtocol Protocol)>.Create((left, right) =>
            {
                var byGroup = string.CompareOrdinal(left.Group, right.Group);
                return byGroup != 0 ? byGroup : left.Protocol.CompareTo(right.Protocol);
            }));
        for (var slot = 0; slot < instances.Count; slot++)
        {
            var view = instances[slot];
            var registration = view.Registration;
            if (!view.Schedulable || registration.Role is InstanceRole.Mixed || !registration.Protocol.CanDisaggregate())
            {
                continue;
            }

            var key = (registration.TransferGroup.Value ?? "", registration.Protocol);
            if (!members.TryGetValue(key, out var halves))
            {
                members.Add(key, halves = ([], []));
            }

            (registration.Role is InstanceRole.Prefill ? halves.Prefill : halves.Decode).Add(slot);
        }

        var groups = 0;
        foreach (var (prefill, decode) in members.Values)
        {
            if (prefill.Count == 0 || decode.Count == 0)
            {
                continue;
            }

            prefill.ForEach(slot => _group[slot] = groups);
            decode.ForEach(slot => _group[slot] = groups);
            groups++;
        }

        return groups;
    }
}
