using System.Collections.Immutable;
using System.Net;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Instances.Breaking;
using Krewe.Core.Load;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;
using Krewe.Core.Requests;
using Krewe.Core.Retry;
using Krewe.Core.Routing;
using Krewe.Core.Routing.Prefix;
using Krewe.Core.Time;
using Krewe.Fleet.Feeds;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Journal;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Requests;
using Krewe.Fleet.Resume;
using Krewe.Fleet.View;

namespace Krewe.Orleans.Tests.Serialization;

/// <summary>One message of each type, with no field at its default.</summary>
internal static class MessageSamples
{
    public static readonly AttemptLeg Leg = new(new AttemptId(new RequestId(0xfedc_ba98_7654_3210, 7), 3), LegKind.Decode, 2);

    public static readonly Registration Registration = new()
    {
        Incarnation = new IncarnationId("b2f1!~"),
        Role = InstanceRole.Decode,
        Protocol = EngineProtocol.Sglang,
        Url = new Uri("http://127.0.0.1:9001/base"),
        Model = "größer",
        TransferGroup = new TransferGroup("rack-1"),
        Capacity = new InstanceCapacity(12, 8192, 16),
    };

    public static readonly ReportedLoad Load = new(3, 4, 0.41, 5, 120.5, 22.25);

    public static readonly PoolDefinition Pool = new()
    {
        Name = new PoolName("sim"),
        Model = "sim-model",
        Aliases = ["one", "two"],
        Policy = "least-loaded",
        FailureMode = FailureMode.FailFast,
        Deadline = TimeSpan.FromMinutes(3),
        Idle = TimeSpan.FromSeconds(9),
        Continuation = ContinuationMode.Text,
        Retry = new RetryPolicy { Attempts = 7, Backoff = new BackoffPolicy(TimeSpan.FromMilliseconds(3), TimeSpan.FromSeconds(5)), BudgetPercent = 33, BudgetFloor = 4 },
        QueueLimit = 17,
        QueueMaxWait = TimeSpan.FromSeconds(11),
        LeaseTtl = TimeSpan.FromSeconds(4),
        SuspectWindow = TimeSpan.FromSeconds(21),
        Open = false,
        Addresses = [IPNetwork.Parse("10.1.0.0/16")],
        Instances =
        [
            new DeclaredInstance
            {
                Name = new InstanceName("p1"),
                Role = InstanceRole.Prefill,
                Protocol = EngineProtocol.Vllm,
                Url = new Uri("http://10.1.0.2:9001"),
                TransferGroup = new TransferGroup("rack-2"),
                Capacity = new InstanceCapacity(5, 6, 7),
            },
        ],
    };

    private static readonly AttemptDescription Attempt = new()
    {
        Number = 1,
        Prefill = new BindingHalfDescription("p1", 2, "x"),
        Decode = new BindingHalfDescription("d1", 3, "y"),
        Cause = AttemptCause.StreamBroken,
        FailedLeg = LegKind.Decode,
        TokensSent = 41,
        BoundMs = 1.5,
        PrefillStartedMs = 2.5,
        PrefillDoneMs = 3.5,
        FirstTokenMs = 4.5,
        EndedMs = 5.5,
        QueuedMs = 0.5,
        QueuedFor = QueueReason.Room,
        TokensBefore = 42,
        Evidence = EvidenceKind.Dead,
        Continuation = ContinuationKind.Refuse,
        ContinuationRefusal = ContinuationRefusal.Seed,
        Next = NextStepKind.FailOver,
        BackoffMs = 6.5,
        RetryRefusal = RetryRefusal.BudgetUsedUp,
    };

    /// <summary>By type. Those that never leave their silo are not here.</summary>
    public static IReadOnlyDictionary<Type, object> All(Monotonic now) => new object[]
    {
        Registration,
        new RegisterReply(InstanceVerdict.NameInUse, new Epoch(5), Liveness.Suspect, TimeSpan.FromSeconds(3), TimeSpan.FromMilliseconds(500), IsProvisional: true),
        new HeartbeatCommand(new IncarnationId("x"), 17, TimeSpan.FromMilliseconds(120), Load),
        new HeartbeatReply(InstanceVerdict.Renewed, Liveness.LeaseLost, AdminState.Draining, new Epoch(6)),
        new IncarnationId("y"),
        InstanceVerdict.Drained,
        new AdminCommand(AdminAction.Drain, TimeSpan.FromSeconds(30)),
        new BindCommand(Leg, new Epoch(8), new SiloId("silo-1"), 4096),
        new BindReply(BindOutcome.Full, View(now)),
        new ReleaseCommand(Leg, new Epoch(9), AttemptVerdict.Failed, ConnectionFailed: true),
        new AssertCommand(new SiloId("silo-2"), new Epoch(10), [new HeldLeg(Leg, 11), new HeldLeg(Leg with { Kind = LegKind.Prefill }, 12)]),
        new Observation(ObservationKind.ConnectionFailed, new Epoch(11)),
        Pool,
        new MemberNotice(new InstanceName("d1"), new ViewVersion(new Epoch(1), 2, 3), InstanceRole.Prefill, EngineProtocol.Xllm, new TransferGroup("g"), Liveness.Active, AdminState.Cordoned, Schedulable: true),
        new PoolDescription(Pool, new PoolHealthReport(PoolHealth.Degraded, PoolHealthReason.InstancesLost, "one is lost", [new RoleHealth(InstanceRole.Prefill, 1, 2), new RoleHealth(InstanceRole.Decode, 2, 2)])),
        new PoolName("a1"),
        ImmutableArray.Create(new PoolName("a1"), new PoolName("b2")),
        new AttemptReport(2, AttemptCause.IdleTimeout, LegKind.Prefill, 13, CanContinue: true)
        {
            Continuation = ContinuationKind.Continue,
            ContinuationRefusal = ContinuationRefusal.Template,
        },
        new RequestEnd(RequestOutcome.EngineError, AttemptCause.TransferFailed, LegKind.Decode, 14),
        new RequestDescription
        {
            Id = new RequestId(15, 16),
            Pool = new PoolName("sim"),
            Tenant = new TenantId("acme"),
            Model = "m",
            Streaming = true,
            Phase = RequestPhase.Failed,
            Outcome = RequestOutcome.Overloaded,
            DeadlineRemainingMs = 17.5,
            AgeMs = 18.5,
            QueuedMs = 18.25,
            QueuedFor = QueueReason.Instance,
            AdmittedAt = new DateTimeOffset(2026, 2, 3, 4, 5, 6, 7, TimeSpan.Zero),
            TokensSent = 19,
            Attempts = [Attempt, Attempt with { Number = 2, Cause = null, FailedLeg = null, EndedMs = null }],
        },
        20,
        true,
        "text",
        new StreamBatch(StreamStatus.Cut, 38, 39, "id: 39\ndata: x\n\n"u8.ToArray()),
        new FeedRenewal(new SiloId("silo-3"), WantsSnapshot: true),
        new FeedReply(new SiloId("silo-4"), 28, WasKnown: true, new FleetSnapshot([View(now)], [new PoolPublication(Pool, 29)], [new PoolStanding(new PoolName("sim"), 30, 31, IsFrozen: true, RefusesNew: true)]) { Prefixes = [Prefix] }),
        new FleetFrame
        {
            From = new SiloId("silo-5"),
            Number = 32,
            Instances = [View(now)],
            Deltas = [InstanceDelta.Of(View(now))],
            Pools = [new PoolPublication(Pool, 33)],
            Standings = [new PoolStanding(new PoolName("sim"), 34, 35, IsFrozen: true, RefusesNew: true)],
            Losses = [new EpochLoss(new InstanceId(new PoolName("sim"), new InstanceName("d1")), new Epoch(36), EvidenceKind.Silent)],
            Events = [new FleetEvent { Pool = new PoolName("sim"), Instance = new InstanceName("d1"), Epoch = new Epoch(37), What = "liveness", From = "Active", To = "Suspect", Cause = "Silent" }],
            Prefixes = [Prefix],
        },
    }.ToDictionary(sample => sample.GetType());

    private static PrefixLesson Prefix => new(new InstanceId(new PoolName("sim"), new InstanceName("d1")), new Epoch(40), new ulong[] { 41, ulong.MaxValue });

    public static InstanceView View(Monotonic now) => new()
    {
        Id = new InstanceId(new PoolName("sim"), new InstanceName("d1")),
        Version = new ViewVersion(new Epoch(21), 22, 23),
        Registration = Registration,
        Liveness = Liveness.LeaseLost,
        Admin = AdminState.Cordoned,
        Breaker = BreakerState.HalfOpen,
        Schedulable = true,
        Load = new LoadSnapshot(24, 25, 26, Load),
        Limit = 27,
        ReportedAt = now - TimeSpan.FromMilliseconds(210),
    };
}
