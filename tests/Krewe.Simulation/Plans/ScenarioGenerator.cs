using Krewe.Core.Instances;
using Krewe.Core.Randomness;
using Krewe.Core.Routing;

namespace Krewe.Simulation.Plans;

/// <summary>Makes a scenario from a seed.</summary>
internal static class ScenarioGenerator
{
    private const int LongOneIn = 50;
    private const int BusyOneIn = 8;

    private static readonly TimeSpan FirstRequest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Spacing = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan HealAt = TimeSpan.FromSeconds(20);

    // Longer than the longest time that the rules know (five minutes without a lease), so that it is met as well.
    private static readonly TimeSpan LateHealAt = TimeSpan.FromSeconds(330);

    // All but what comes when all is healed: the faults and requests of a plan lie before.
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan LastRequestsAfter = TimeSpan.FromSeconds(8);

    private static readonly (FaultKind Kind, int Weight)[] Kinds =
    [
        (FaultKind.Kill, 5),
        (FaultKind.Stop, 4),
        (FaultKind.Slow, 2),
        (FaultKind.HealthLies, 2),
        (FaultKind.RejectStorm, 2),
        (FaultKind.ErrorStorm, 2),
        (FaultKind.CutFromEngine, 2),
        (FaultKind.CutToEngine, 2),
        (FaultKind.CutHeartbeats, 3),
        (FaultKind.KillAgent, 2),
        (FaultKind.Delete, 2),
        (FaultKind.ReplayRegistration, 3),
        (FaultKind.ReplayHeartbeat, 2),
        (FaultKind.ReplayDelete, 3),
        (FaultKind.Impostor, 2),
        (FaultKind.Drain, 3),
        (FaultKind.Cordon, 2),
        (FaultKind.StoreSlow, 1),
        (FaultKind.StoreFails, 2),
        (FaultKind.StoreStale, 1),
        (FaultKind.WallClock, 2),
        (FaultKind.SiloStall, 1),
        (FaultKind.SiloRestart, 1),
        (FaultKind.SiloTwin, 1),
        (FaultKind.Stillborn, 2),
        (FaultKind.Garbles, 2),
        (FaultKind.LosesKv, 2),
    ];

    public static Scenario Generate(ulong seed)
    {
        var random = Seeds.Random(seed, 0);
        var instances = Instances(random);
        var healAt = random.Next(LongOneIn) == 0 ? LateHealAt : HealAt;
        var isBusy = random.Next(BusyOneIn) == 0;
        return new Scenario
        {
            Seed = seed,
            HealAt = healAt,
            Instances = instances,
            Links = (ActorLinks)random.Next(3),
            AgentLoss = random.Next(2) == 0 ? 0 : 0.05,
            QueueLimit = random.Next(3) == 0 ? random.Next(4) : 100,
            QueueMaxWait = Between(random, 0.5, 15),
            Idle = Between(random, 1, 4),
            Policy = RoutingPolicies.All[random.Next(RoutingPolicies.All.Count)].Name,
            DecodeRecomputes = random.Next(2) == 0,
            Requests = Requests(random, healAt, isBusy),
            Faults = Faults(random, instances, healAt, isBusy),
        };
    }

    private static List<PlannedInstance> Instances(SeededRandom random)
    {
        var (prefill, decode, mixed) = random.Next(3) switch
        {
            0 => (0, 0, 1 + random.Next(4)),
            1 => (1 + random.Next(2), 1 + random.Next(3), 0),
            _ => (1 + random.Next(2), 1 + random.Next(2), 1 + random.Next(2)),
        };
        List<PlannedInstance> instances = [];
        Add("p", InstanceRole.Prefill, prefill);
        Add("d", InstanceRole.Decode, decode);
        Add("m", InstanceRole.Mixed, mixed);
        return instances;

        void Add(string prefix, InstanceRole role, int count)
        {
            for (var i = 1; i <= count; i++)
            {
                instances.Add(new PlannedInstance($"{prefix}{i}", role, 1 + random.Next(6)));
            }
        }
    }

    private static List<PlannedRequest> Requests(SeededRandom random, TimeSpan healAt, bool isBusy)
    {
        List<PlannedRequest> requests = [];
        var count = isBusy ? 60 + random.Next(120) : 6 + random.Next(24);
        var at = FirstRequest;
        for (var number = 1; number <= count; number++)
        {
            // Some come in bursts, so that limits and queues are met.
            at = random.Next(3) == 0 ? at : Between(random, FirstRequest.TotalSeconds, (healAt - Calm).TotalSeconds);
            var deadline = random.Next(4) == 0 ? Between(random, 0.05, 3) : Between(random, 3, 20);
            TimeSpan? leaves = random.Next(8) == 0 ? Between(random, 0, 3) : null;
            requests.Add(new PlannedRequest(
                number, at, 1 + random.Next(200), 1 + random.Next(random.Next(4) == 0 ? 60 : 15), random.Next(5) != 0, random.Next(8) != 0, deadline, leaves, IsLast: false));
        }

        for (var last = 0; last < 3; last++)
        {
            requests.Add(new PlannedRequest(
                count + last + 1, healAt + LastRequestsAfter + (last * Spacing) + Between(random, 0, 0.3), 10, 1 + random.Next(8), random.Next(2) == 0, Splittable: true, TimeSpan.FromSeconds(30), LeavesAfter: null, IsLast: true));
        }

        return [.. requests.OrderBy(request => request.At)];
    }

    private static List<PlannedFault> Faults(SeededRandom random, List<PlannedInstance> instances, TimeSpan healAt, bool isBusy)
    {
        List<PlannedFault> faults = [];
        var count = random.Next(isBusy ? 25 : random.Next(3) == 0 ? 14 : 6);
        var isLong = healAt == LateHealAt;
        var total = Kinds.Sum(kind => kind.Weight);
        for (var i = 0; i < count; i++)
        {
            var draw = random.Next(total);
            var kind = Kinds.First(candidate => (draw -= candidate.Weight) < 0).Kind;
            var at = Between(random, 0.5, isLong ? HealAt.TotalSeconds : (healAt - Calm).TotalSeconds);
            var target = kind is FaultKind.StoreSlow or FaultKind.StoreFails or FaultKind.StoreStale or FaultKind.WallClock or FaultKind.SiloStall or FaultKind.SiloRestart or FaultKind.SiloTwin
                ? ""
                : instances[random.Next(instances.Count)].Name;
            var length = kind switch
            {
                FaultKind.SiloStall => Between(random, 0.1, 2.5),
                FaultKind.SiloRestart => Between(random, 0.1, 2),
                FaultKind.SiloTwin => Between(random, 0.5, 8),
                FaultKind.KillAgent or FaultKind.CutHeartbeats or FaultKind.Stillborn or FaultKind.Stop when isLong => Between(random, 60, 330),
                FaultKind.CutFromEngine or FaultKind.CutToEngine when isLong => Between(random, 10, 40),
                _ => random.Next(2) == 0 ? Between(random, 0.05, 1.5) : Between(random, 1.5, 12),
            };
            faults.Add(new PlannedFault(kind, at, target, length, random.Next(1000)));
        }

        if (isLong)
        {
            // An agent that is out for so long that its instance may not be kept on probes any more.
            faults.Add(new PlannedFault(
                random.Next(2) == 0 ? FaultKind.KillAgent : FaultKind.CutHeartbeats, Between(random, 0.5, 10), instances[random.Next(instances.Count)].Name, LateHealAt, random.Next(1000)));
        }

        return [.. faults.OrderBy(fault => fault.At)];
    }

    private static TimeSpan Between(SeededRandom random, double least, double most) =>
        TimeSpan.FromTicks((long)((least + ((most - least) * random.NextDouble())) * TimeSpan.TicksPerSecond));
}
