using Krewe.Core.Instances;
using Krewe.Core.Protocols;
using Krewe.Core.Routing;

namespace Krewe.Core.Tests.Routing;

/// <summary>What routing may answer, found by listing everything: the slow truth that the router is held against.</summary>
internal sealed class BruteForce(IReadOnlyList<InstanceView> instances, RouteQuery query)
{
    internal sealed record Candidate(InstanceView Prefill, InstanceView Decode)
    {
        public int Tier => Math.Max(TierOf(Prefill), TierOf(Decode));

        public (double Busier, long Tokens, double Other) Score =>
            (Math.Max(ShareOf(Prefill), ShareOf(Decode)), Math.Max(Prefill.Load.ReservedTokens, Prefill.Load.Reported.QueuedTokens), Math.Min(ShareOf(Prefill), ShareOf(Decode)));

        private static int TierOf(InstanceView view) => view.Liveness is Liveness.LeaseLost ? 1 : 0;

        private static double ShareOf(InstanceView view) => (double)(view.Load.ReservedRequests + view.Load.ExternalRequests) / view.Limit;
    }

    private readonly List<InstanceView> _schedulable = [.. instances.Where(view => view.Schedulable)];

    public (RouteOutcome Outcome, List<Candidate> Candidates) Answer()
    {
        if (query.KeptPrefill is { } kept)
        {
            var prefill = _schedulable.Where(view => view.Id == kept.Instance && view.Epoch == kept.Epoch && view.Registration.Role is InstanceRole.Prefill);
            return Judge([.. prefill.SelectMany(PairsOf)], keepsPrefill: true) ?? (RouteOutcome.NoInstance, []);
        }

        if (query.KeptDecode is { } keptDecode)
        {
            var decode = _schedulable.FirstOrDefault(view => view.Id == keptDecode.Instance && view.Epoch == keptDecode.Epoch && view.Registration.Role is InstanceRole.Decode);
            if (decode is null)
            {
                return (RouteOutcome.NoInstance, []);
            }

            var found = query.AllowDisaggregated
                ? Judge([.. _schedulable.Where(view => view.Registration.Role is InstanceRole.Prefill).SelectMany(PairsOf).Where(pair => pair.Decode == decode)], keepsDecode: true)
                : null;
            return found is { Outcome: RouteOutcome.Found or RouteOutcome.NoRoom } paired ? paired
                : decode.Registration.Protocol.DecodeCanPrefill() ? (RouteOutcome.Found, [Whole(decode)])
                : found ?? (RouteOutcome.NoInstance, []);
        }

        var mixed = _schedulable.Where(view => view.Registration.Role is InstanceRole.Mixed).Select(Whole).ToList();
        var alone = _schedulable.Where(view => view.Registration.Role is InstanceRole.Decode && view.Registration.Protocol.DecodeCanPrefill()).Select(Whole).ToList();
        if (!query.AllowDisaggregated)
        {
            return Judge([.. mixed, .. alone]) ?? (RouteOutcome.NoInstance, []);
        }

        var pairs = _schedulable.Where(view => view.Registration.Role is InstanceRole.Prefill).SelectMany(PairsOf);
        var first = Judge([.. mixed, .. pairs]);
        return first is { Outcome: not RouteOutcome.OnlyExcluded } answer ? answer : Judge(alone) ?? first ?? (RouteOutcome.NoInstance, []);
    }

    private static Candidate Whole(InstanceView view) => new(view, view);

    private static bool HasRoom(InstanceView view) => view.Load.ReservedRequests + view.Load.ExternalRequests < view.Limit;

    private IEnumerable<Candidate> PairsOf(InstanceView prefill) =>
        from decode in _schedulable
        where decode.Registration.Role is InstanceRole.Decode
            && prefill.Registration.Protocol.CanDisaggregate()
            && decode.Registration.Protocol == prefill.Registration.Protocol
            && decode.Registration.TransferGroup == prefill.Registration.TransferGroup
        select new Candidate(prefill, decode);

    /// <summary>Null where there is no candidate at all.</summary>
    private (RouteOutcome Outcome, List<Candidate> Candidates)? Judge(List<Candidate> all, bool keepsPrefill = false, bool keepsDecode = false)
    {
        if (all.Count == 0)
        {
            return null;
        }

        var open = all.Where(candidate => (keepsDecode || !IsExcluded(candidate.Decode)) && (keepsPrefill || !IsExcluded(candidate.Prefill))).ToList();
        if (open.Count == 0)
        {
            return (RouteOutcome.OnlyExcluded, []);
        }

        var roomy = open.Where(candidate => (keepsDecode || HasRoom(candidate.Decode)) && (keepsPrefill || HasRoom(candidate.Prefill))).ToList();
        return roomy.Count == 0
            ? (RouteOutcome.NoRoom, [])
            : (RouteOutcome.Found, roomy.Where(candidate => candidate.Tier == roomy.Min(other => other.Tier)).ToList());
    }

    private bool IsExcluded(InstanceView view) => query.Exclusions.ToArray().Any(exclusion =>
        exclusion.Instance == view.Id && (exclusion.Epoch is null || exclusion.Epoch == view.Epoch));
}
