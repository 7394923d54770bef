using System.Collections.Concurrent;
using System.Globalization;
using Krewe.Core.Randomness;
using Krewe.EngineSim.Faults;
using Krewe.EngineSim.Runtime;

namespace Krewe.EngineSim.Hosting;

/// <summary>One incarnation of an instance: all that a process would lose with its end.</summary>
internal sealed class EngineLife : IDisposable
{
    private readonly IRandomSource _random;
    private readonly ConcurrentQueue<SimReceivedRequest> _received;

    public EngineLife(SimEngineOptions options, SimFaults faults, IRandomSource random, ConcurrentQueue<SimReceivedRequest> received)
    {
        Options = options;
        Faults = faults;
        _random = random;
        _received = received;
        Incarnation = NewId();
        EngineId = NewId();
        StartedAt = options.Time.GetUtcNow();
        Runtime = new EngineRuntime(options.Timing, options.Limits, faults, options.Time);
    }

    public SimEngineOptions Options { get; }

    public SimFaults Faults { get; }

    public EngineRuntime Runtime { get; }

    public AttemptLog Attempts { get; } = new();

    public string Incarnation { get; }

    public string EngineId { get; }

    public DateTimeOffset StartedAt { get; }

    /// <summary>Known once it listens.</summary>
    public int Port { get; set; }

    public string NewId() => _random.NextUInt64().ToString("x16", CultureInfo.InvariantCulture) + _random.NextUInt64().ToString("x16", CultureInfo.InvariantCulture);

    public void Keep(SimReceivedRequest request)
    {
        _received.Enqueue(request);
        while (_received.Count > Options.KeepsRequests)
        {
            _received.TryDequeue(out _);
        }
    }

    public SimEngineState ReadState()
    {
        var engine = Runtime.Read();
        var attempts = Attempts.Read();
        return new SimEngineState
        {
            Instance = Options.Name,
            Incarnation = Incarnation,
            EngineId = EngineId,
            Running = engine.Running,
            Waiting = engine.Waiting,
            QueuedTokens = engine.QueuedTokens,
            BlocksTotal = engine.BlocksTotal,
            BlocksInUse = engine.BlocksInUse,
            BlocksCached = engine.BlocksCached,
            LeasesHeld = engine.Leases,
            LeasedBlocks = engine.LeasedBlocks,
            Dispatches = attempts.Dispatches,
            Attempts = attempts.Distinct,
            RepeatedAttempts = attempts.Repeated,
            Completed = engine.Totals.Completed,
            Cancelled = engine.Totals.Cancelled,
            Failed = engine.Totals.Failed,
            GeneratedTokens = engine.Totals.GeneratedTokens,
            PromptTokens = engine.Totals.PromptTokens,
            CachedTokens = engine.Totals.CacheHits,
            TransferredTokens = engine.Totals.TransferredTokens,
        };
    }

    public void Dispose() => Runtime.Dispose();
}
