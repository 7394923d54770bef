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

    /// <summary>The pair group of the instance in this slot, or <see cref="NoGroup"/>.</summary>
    public int GroupOf(int slot) => _group[slot];

    public static PoolTopology Of(IReadOnlyList<InstanceView> instances)
    {
        var topology = new PoolTopology(instances.Count);
        var decodes = topology.Group(instances);
        for (var slot = 0; slot < instances.Count; slot++)
        {
            topology.Slots.Add(instances[slot].Id, slot);
        }

        var key = 0;
        topology.Leads = PerTier(instances, ref key, (slot, view) => view.Registration.Role switch
        {
            InstanceRole.Mixed => true,
            InstanceRole.Prefill => topology._group[slot] != NoGroup,
            _ => false,
        });
        topology.Whole = PerTier(instances, ref key, (_, view) => view.Registration.Role is InstanceRole.Mixed || CanServeAlone(view));
        topology.Alone = PerTier(instances, ref key, (_, view) => CanServeAlone(view));
        topology.Decodes = new CandidateSet[decodes][];
        for (var group = 0; group < decodes; group++)
        {
            var wanted = group;
            topology.Decodes[group] = PerTier(
                instances, ref key, (slot, view) => view.Registration.Role is InstanceRole.Decode && topology._group[slot] == wanted);
        }

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

    private static bool CanServeAlone(InstanceView view) =>
        view.Registration.Role is InstanceRole.Decode && view.Registration.Protocol.DecodeCanPrefill();

    private static CandidateSet[] PerTier(IReadOnlyList<InstanceView> instances, ref int key, Func<int, InstanceView, bool> belongs)
    {
        var sets = new CandidateSet[Tiers];
        for (var tier = 0; tier < Tiers; tier++)
        {
            var slots = new List<int>();
            for (var slot = 0; slot < instances.Count; slot++)
            {
                var view = instances[slot];
                if (view.Schedulable && view.Tier == tier && belongs(slot, view))
                {
                    slots.Add(slot);
                }
            }

            sets[tier] = new CandidateSet(key++, [.. slots]);
        }

        return sets;
    }

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
