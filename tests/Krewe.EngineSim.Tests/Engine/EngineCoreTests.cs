using Krewe.Core.Time;
using Krewe.EngineSim.Engine;

namespace Krewe.EngineSim.Tests.Engine;

public sealed class EngineCoreTests
{
    private static readonly SimTiming Timing = new()
    {
        StepBase = TimeSpan.FromMilliseconds(10),
        StepPerRunning = TimeSpan.FromMilliseconds(1),
        PrefillPerToken = TimeSpan.FromMilliseconds(0.1),
        MaxStepTokens = 100,
        KvTransferSetup = TimeSpan.FromMilliseconds(5),
        KvTransferPerToken = TimeSpan.FromMilliseconds(0.5),
    };

    private static readonly EngineLimits Limits = new(MaxRunning: 4, MaxWaiting: 2, KvBlocks: 64, BlockSize: 4, KvLease: TimeSpan.FromSeconds(1));

    private readonly List<EngineEvent> _events = [];
    private EngineCore _core = new(Timing, Limits);

    private static Monotonic At(double ms) => Monotonic.Zero + TimeSpan.FromMilliseconds(ms);

    private static SimSequence Sequence(string id = "a", int prompt = 10, int tokens = 3, int firstId = 1, bool holdsKv = false, bool loadsKv = false) => new()
    {
        Id = id,
        Prompt = [.. Enumerable.Range(firstId, prompt)],
        Seed = 1,
        Tokens = tokens,
        CacheRoot = 1,
        HoldsKv = holdsKv,
        LoadsKv = loadsKv,
    };

    /// <summary>Runs to the end of all work, and tells when each sequence ended.</summary>
    private Dictionary<string, double> RunToEnd(Monotonic from)
    {
        for (Monotonic? at = from; at is { } now;)
        {
            at = _core.Advance(now, _events);
        }

        var ends = _events.Where(static e => e.Kind == EngineEventKind.Over)
            .ToDictionary(static e => e.Sequence.Id, static e => e.Sequence.LastTokenAt.Ticks / (double)TimeSpan.TicksPerMillisecond);
        _events.Clear();
        return ends;
    }

    [Fact]
    public void OneRequest_TakesItsPrefillStepAndOneStepForEachFurtherToken()
    {
        var sequence = Sequence(prompt: 10, tokens: 3);
        Assert.True(_core.TrySubmit(sequence, At(0), _events));

        // 10 + 1 for the one in the step, + 10 tokens of 0.1; then twice 10 + 1.
        Assert.Equal(At(12), _core.Advance(At(0), _events));
        Assert.Equal(At(23), _core.Advance(At(12), _events));
        Assert.Equal(1, sequence.Produced);
        Assert.Equal(At(34), _core.Advance(At(23), _events));
        Assert.Null(_core.Advance(At(34), _events));
        Assert.Equal(SequencePhase.Completed, sequence.Phase);
        Assert.Equal(3, sequence.Produced);
        Assert.Equal(0, _core.Cache.InUse);
    }

    [Fact]
    public void ACallerThatComesLate_FindsEveryStepAtItsOwnTime()
    {
        var sequence = Sequence(prompt: 10, tokens: 3);
        _core.TrySubmit(sequence, At(0), _events);
        Assert.Null(_core.Advance(At(500), _events));
        Assert.Equal(At(34), sequence.LastTokenAt);
        Assert.Equal([12.0, 11.0, 11.0], _events.Where(static e => e.Kind is EngineEventKind.FirstToken or EngineEventKind.Token).Select(static e => e.Elapsed.TotalMilliseconds));
    }

    [Fact]
    public void ALongPrompt_IsComputedInChunks()
    {
        var sequence = Sequence(prompt: 150, tokens: 1);
        _core.TrySubmit(sequence, At(0), _events);

        // 100 tokens, then 50.
        Assert.Equal(At(21), _core.Advance(At(0), _events));
        Assert.Equal(At(21 + 16), _core.Advance(At(21), _events));
        Assert.Null(_core.Advance(At(37), _events));
        Assert.Equal(1, sequence.Produced);
    }

    [Fact]
    public void StepsGetLonger_WithTheBatch()
    {
        _core.TrySubmit(Sequence("a", tokens: 10), At(0), _events);
        _core.TrySubmit(Sequence("b", tokens: 10, firstId: 100), At(0), _events);
        _core.Advance(At(12), _events);
        var both = _core.Advance(At(40), _events)!.Value;
        Assert.Equal(12, (_core.Advance(both, _events)!.Value - both).TotalMilliseconds);
    }

    [Fact]
    public void ASecondRequestWithTheSamePrompt_FindsItInTheCache_ButItsLastBlock()
    {
        var first = Sequence("a", prompt: 40, tokens: 1);
        var second = Sequence("b", prompt: 40, tokens: 1);
        _core.TrySubmit(first, At(0), _events);
        RunToEnd(At(0));
        _core.TrySubmit(second, At(100), _events);
        var ends = RunToEnd(At(100));
        Assert.Equal(36, second.CachedTokens);
        Assert.Equal(100 + 11.4, ends["b"], 6);
        Assert.Equal(36, _core.Counters.CacheHits);
    }

    [Fact]
    public void AFollowingTurn_FindsPromptAndAnswerInTheCache()
    {
        var first = Sequence("a", prompt: 10, tokens: 8);
        _core.TrySubmit(first, At(0), _events);
        RunToEnd(At(0));
        var history = Enumerable.Range(0, 18).Select(first.TokenAt).Concat(Enumerable.Range(500, 5)).ToArray();
        var second = new SimSequence { Id = "b", Prompt = history, Seed = 2, Tokens = 1, CacheRoot = 1 };
        _core.TrySubmit(second, At(200), _events);

        // 17 of the 18 tokens have their KV: four full blocks.
        Assert.Equal(16, second.CachedTokens);
    }

    [Fact]
    public void AnotherSalt_SharesNothing()
    {
        _core.TrySubmit(Sequence("a", prompt: 40, tokens: 1), At(0), _events);
        RunToEnd(At(0));
        var salted = new SimSequence { Id = "b", Prompt = [.. Enumerable.Range(1, 40)], Seed = 1, Tokens = 1, CacheRoot = 2 };
        _core.TrySubmit(salted, At(100), _events);
        Assert.Equal(0, salted.CachedTokens);
    }

    [Fact]
    public void TheLeastRecentlyUsedPrefix_IsOverwrittenFirst()
    {
        _core = new EngineCore(Timing, Limits with { KvBlocks = 24 });
        foreach (var (id, firstId) in new[] { ("a", 1), ("b", 1000), ("a2", 1) })
        {
            _core.TrySubmit(Sequence(id, prompt: 40, tokens: 1, firstId: firstId), At(0), _events);
            RunToEnd(At(0));
        }

        // 24 blocks hold both prompts of ten each; a third takes b's, which was used before a's second time.
        _core.TrySubmit(Sequence("c", prompt: 40, tokens: 1, firstId: 2000), At(0), _events);
        RunToEnd(At(0));
        var a = Sequence("a3", prompt: 40, tokens: 1, firstId: 1);
        _core.TrySubmit(a, At(0), _events);
        RunToEnd(At(0));
        var b = Sequence("b2", prompt: 40, tokens: 1, firstId: 1000);
        _core.TrySubmit(b, At(0), _events);
        Assert.Equal(36, a.CachedTokens);
        Assert.InRange(b.CachedTokens, 0, 32);
    }

    [Fact]
    public void WithoutFreeBlocks_ARequestWaits_UntilAnotherEnds()
    {
        var large = Sequence("a", prompt: 200, tokens: 20);
        var next = Sequence("b", prompt: 60, tokens: 1, firstId: 1000);
        _core.TrySubmit(large, At(0), _events);
        _core.TrySubmit(next, At(0), _events);
        _core.Advance(At(60), _events);
        Assert.Equal(SequencePhase.Waiting, next.Phase);
        Assert.Equal(1, _core.Waiting);
        RunToEnd(At(60));
        Assert.Equal(SequencePhase.Completed, next.Phase);
        Assert.True(next.LastTokenAt > large.LastTokenAt);
    }

    [Fact]
    public void ARequestThatCanNeverFit_IsRefused() => Assert.Throws<ArgumentException>(() => _core.TrySubmit(Sequence(prompt: 250, tokens: 7), At(0), _events));

    [Fact]
    public void BatchAndQueueAreBounded()
    {
        var taken = Enumerable.Range(0, 10).Count(i => _core.TrySubmit(Sequence($"s{i}"), At(0), _events));
        Assert.Equal(6, taken);

        // The first began a step at once; the others join the batch at its end.
        Assert.Equal((1, 5), (_core.Running, _core.Waiting));
        _core.Advance(At(12), _events);
        Assert.Equal((4, 2), (_core.Running, _core.Waiting));
    }

    [Fact]
    public void CancellingAWaitingRequest_EndsItAtOnce()
    {
        var waiting = Sequence("w", prompt: 60, firstId: 900);
        _core.TrySubmit(Sequence("a", prompt: 200, tokens: 20), At(0), _events);
        _core.TrySubmit(waiting, At(0), _events);
        _core.Cancel(waiting, _events);
        Assert.Equal(SequencePhase.Cancelled, waiting.Phase);
        Assert.Equal(0, _core.Waiting);
    }

    [Fact]
    public void CancellingARunningRequest_FreesItsBlocksAtTheEndOfTheStep()
    {
        var sequence = Sequence(tokens: 50);
        _core.TrySubmit(sequence, At(0), _events);
        var end = _core.Advance(At(20), _events)!.Value;
        _core.Cancel(sequence, _events);
        Assert.True(_core.Cache.InUse > 0);
        Assert.Null(_core.Advance(end, _events));
        Assert.Equal(SequencePhase.Cancelled, sequence.Phase);
        Assert.Equal((0, 0, 0L), (_core.Cache.InUse, _core.Cache.Promised, _core.QueuedTokens));
    }

    [Fact]
    public void Halted_NothingHappens()
    {
        _core.IsHalted = true;
        var sequence = Sequence();
        Assert.True(_core.TrySubmit(sequence, At(0), _events));
        Assert.Null(_core.Advance(At(1000), _events));
        Assert.Equal(0, sequence.Produced);
        _core.IsHalted = false;
        RunToEnd(At(1000));
        Assert.Equal(SequencePhase.Completed, sequence.Phase);
    }

    [Fact]
    public void Slowness_MultipliesTheStep()
    {
        _core.Slowness = 3;
        _core.TrySubmit(Sequence(prompt: 10, tokens: 1), At(0), _events);
        Assert.Equal(At(36), _core.Advance(At(0), _events));
    }

    [Fact]
    public void AFixedTtft_DoesNotHoldUpOthers()
    {
        _core = new EngineCore(Timing with { FixedTtft = TimeSpan.FromMilliseconds(100) }, Limits);
        var first = Sequence("a", tokens: 20);
        var second = Sequence("b", tokens: 1, prompt: 90, firstId: 500);
        _core.TrySubmit(first, At(0), _events);
        _core.Advance(At(120), _events);
        _core.TrySubmit(second, At(120), _events);
        _core.Advance(At(210), _events);
        Assert.Equal(0, second.Produced);
        Assert.True(first.Produced > 5);
        RunToEnd(At(210));
        Assert.InRange((second.LastTokenAt - At(120)).TotalMilliseconds, 100, 125);
    }

    [Fact]
    public void AFixedTtft_IsExactInAnIdleEngine()
    {
        _core = new EngineCore(Timing with { FixedTtft = TimeSpan.FromMilliseconds(100) }, Limits);
        var sequence = Sequence(tokens: 1, prompt: 90);
        _core.TrySubmit(sequence, At(0), _events);
        RunToEnd(At(0));
        Assert.Equal(At(100), sequence.LastTokenAt);
    }

    [Fact]
    public void APrefillLeg_KeepsThePromptsBlocks_UntilTheyAreReleased()
    {
        var sequence = Sequence(prompt: 10, tokens: 1, holdsKv: true);
        _core.TrySubmit(sequence, At(0), _events);
        _core.Advance(At(12), _events);
        Assert.Equal(SequencePhase.Completed, sequence.Phase);
        Assert.Equal(3, sequence.HeldBlocks.Length);
        Assert.Equal((3, 1, 3), (_core.Cache.InUse, _core.Cache.Leases.Count, _core.Cache.Leases.Blocks));
        Assert.Equal(KvPullResult.Ok, _core.Cache.Leases.Claim("a", sequence.HeldBlocks, "reader", out var tokens));
        Assert.Equal(10, tokens);
        Assert.False(_core.Cache.Leases.Release("a", "somebody else"));
        Assert.True(_core.Cache.Leases.Release("a", "reader"));
        Assert.Equal((0, 0), (_core.Cache.InUse, _core.Cache.Leases.Count));
    }

    [Fact]
    public void ALeaseThatNobodyReads_Expires_AndTheCoreSaysWhen()
    {
        _core.TrySubmit(Sequence(prompt: 10, tokens: 1, holdsKv: true), At(0), _events);
        Assert.Equal(At(1012), _core.Advance(At(12), _events));
        Assert.Null(_core.Advance(At(1012), _events));
        Assert.Equal((0, 0), (_core.Cache.InUse, _core.Cache.Leases.Count));
    }

    [Fact]
    public void ALeaseThatIsRead_LastsOnePeriodMore()
    {
        var sequence = Sequence(prompt: 10, tokens: 1, holdsKv: true);
        _core.TrySubmit(sequence, At(0), _events);
        _core.Advance(At(12), _events);
        _core.Cache.Leases.Claim("a", sequence.HeldBlocks, "reader", out _);
        _core.Advance(At(5000), _events);
        Assert.Equal(1, _core.Cache.Leases.Count);
        Assert.True(_core.Cache.Leases.Release("a", "reader"));
    }

    [Fact]
    public void ALeaseWhoseReaderNeverComesBack_ExpiresOnePeriodLater()
    {
        var sequence = Sequence(prompt: 10, tokens: 1, holdsKv: true);
        _core.TrySubmit(sequence, At(0), _events);
        _core.Advance(At(12), _events);
        _core.Cache.Leases.Claim("a", sequence.HeldBlocks, "reader", out _);
        Assert.Equal(At(2012), _core.Advance(At(1012), _events));
        Assert.Null(_core.Advance(At(2012), _events));
        Assert.Equal((0, 0), (_core.Cache.InUse, _core.Cache.Leases.Count));
    }

    [Fact]
    public void Claims_OfWhatIsNotHeld_AreRefused()
    {
        var sequence = Sequence(prompt: 10, tokens: 1, holdsKv: true);
        _core.TrySubmit(sequence, At(0), _events);
        _core.Advance(At(12), _events);
        var leases = _core.Cache.Leases;
        Assert.Equal(KvPullResult.UnknownRequest, leases.Claim("b", sequence.HeldBlocks, "r", out _));
        Assert.Equal(KvPullResult.UnknownBlocks, leases.Claim("a", [60, 61, 62], "r", out _));
        Assert.Equal(KvPullResult.Ok, leases.Claim("a", sequence.HeldBlocks, "r", out _));
        Assert.Equal(KvPullResult.Busy, leases.Claim("a", sequence.HeldBlocks, "r2", out _));
    }

    [Fact]
    public void ADecodeLeg_LoadsItsKv_ThenComputesTheLastTokenOnly()
    {
        var sequence = Sequence(prompt: 40, tokens: 1, loadsKv: true);
        _core.TrySubmit(sequence, At(0), _events);

        // 5 + 40 * 0.5.
        Assert.Equal(At(25), _core.Advance(At(0), _events));
        Assert.Null(_core.Advance(At(25), _events));
        Assert.Equal(EngineEventKind.LoadDue, Assert.Single(_events).Kind);
        _core.Loaded(sequence);
        Assert.Equal(At(25 + 11.1), _core.Advance(At(25), _events));
        RunToEnd(At(36.1));
        Assert.Equal(39, _core.Counters.TransferredTokens);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ALoadThatFails_FailsTheRequest_OrHasItComputeThePrompt(bool recompute)
    {
        var sequence = Sequence(prompt: 40, tokens: 1, loadsKv: true);
        _core.TrySubmit(sequence, At(0), _events);
        _core.Advance(At(25), _events);
        _core.LoadFailed(sequence, recompute, _events);
        RunToEnd(At(25));
        Assert.Equal(recompute ? SequencePhase.Completed : SequencePhase.Failed, sequence.Phase);
        Assert.Equal((0, 0, 0L, 0L), (_core.Cache.InUse, _core.Cache.Promised, _core.QueuedTokens, _core.Counters.TransferredTokens));
    }

    [Fact]
    public void WithoutTime_ARequestIsOverWhenItIsSubmitted()
    {
        _core = new EngineCore(SimTiming.Instant, Limits);
        var sequence = Sequence(prompt: 40, tokens: 20);
        Assert.True(_core.TrySubmit(sequence, At(0), _events));
        Assert.Equal((SequencePhase.Completed, 20), (sequence.Phase, sequence.Produced));
        Assert.Equal((0, 0L), (_core.Cache.InUse, _core.QueuedTokens));
    }
}
