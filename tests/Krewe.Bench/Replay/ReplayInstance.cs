using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Protocols;
using Krewe.Core.Routing;
using Krewe.Core.Routing.Prefix;
using Krewe.Core.Time;
using Krewe.EngineSim.Engine;

namespace Krewe.Bench.Replay;

/// <summary>An instance: the engine, and the books that its actor keeps.</summary>
internal sealed class ReplayInstance
{
    private static readonly PoolName Pool = new("replay");
    private static readonly SiloId Nobody = new("replay");
    private static readonly Epoch Life = new(1);

    private readonly LoadLedger _ledger = new(LedgerOptions.Default with { AssertLimit = TimeSpan.FromDays(365), AssertInterval = TimeSpan.FromHours(1), TombstoneFor = TimeSpan.FromSeconds(1) });
    private readonly Registration _registration;
    private readonly int _limit;
    private long _counter;

    public ReplayInstance(string name, InstanceRole role, int home, ReplayOptions options)
    {
        Home = home;
        Engine = new EngineCore(options.Timing, options.Limits);
        Id = new InstanceId(Pool, new InstanceName(name));
        _limit = options.MaxConcurrency;
        _registration = new Registration
        {
            Incarnation = new IncarnationId(name),
            Role = role,
            Protocol = EngineProtocol.Vllm,
            Url = new Uri($"http://{name}.replay"),
            Model = "replay",
            TransferGroup = new TransferGroup("default"),
            Capacity = new InstanceCapacity(options.MaxConcurrency, options.Limits.KvBlocks, options.Limits.BlockSize),
        };
        _ledger.MoveTo(Life);
    }

    public InstanceId Id { get; }

    /// <summary>The silo that its actor lives on.</summary>
    public int Home { get; }

    public EngineCore Engine { get; }

    /// <summary>When its engine has to be looked at next.</summary>
    public Monotonic? Due { get; set; }

    /// <summary>Prompt tokens that it computed, those found in its cache left out.</summary>
    public long Computed { get; set; }

    public int PrefixCapacity => PrefixIndex.CapacityOf(_registration.Capacity);

    public ReserveOutcome Reserve(AttemptLeg leg, long tokens, Monotonic now) => _ledger.Reserve(leg, Life, Nobody, tokens, _limit, now);

    public void Release(AttemptLeg leg, Monotonic now) => _ledger.Release(leg, Life, now);

    public void Report(Monotonic now) => _ledger.Report(
        Life, new ReportedLoad(Engine.Running, Engine.Waiting, (double)Engine.Cache.InUse / Engine.Cache.Total, Engine.QueuedTokens, 0, 0), now);

    /// <summary>The truth, as its actor would publish it.</summary>
    public InstanceView View(Monotonic now) => new()
    {
        Id = Id,
        Version = new ViewVersion(Life, 1, ++_counter),
        Registration = _registration,
        Liveness = Liveness.Active,
        Admin = AdminState.Open,
        Breaker = BreakerState.Closed,
        Schedulable = true,
        Load = _ledger.Snapshot(now),
        Limit = _limit,
        ReportedAt = now,
    };
}
