using FsCheck;
using FsCheck.Fluent;
using Krewe.Core.Time;
using Krewe.EngineSim.Engine;

namespace Krewe.EngineSim.Tests.Engine;

/// <summary>Random lives of an engine: arrivals, cancellations, transfers that come or fail, halts, and time that passes unevenly.</summary>
public sealed class EngineCoreProperties
{
    private enum Act
    {
        Submit,
        SubmitPrefillLeg,
        SubmitDecodeLeg,
        Cancel,
        Wait,
        WaitLong,
        ClaimAndRelease,
        Halt,
    }

    private static Arbitrary<(int Seed, bool IsInstant, List<(Act Act, int Number)> Acts)> Lives() =>
        (from seed in Gen.Choose(0, int.MaxValue)
         from instant in Gen.Frequency((4, Gen.Constant(false)), (1, Gen.Constant(true)))
         from acts in (from act in Gen.Elements(Enum.GetValues<Act>()) from number in Gen.Choose(0, 1000) select (act, number)).ListOf()
         select (seed, instant, acts.ToList())).ToArbitrary();

    [Fact]
    public void BlocksNeverLeak_TheBatchStaysBounded_AndEveryRequestEnds() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500).WithEndSize(120), Prop.ForAll(Lives(), static life =>
        {
            var world = new World(life.IsInstant, life.Seed);
            foreach (var (act, number) in life.Acts)
            {
                world.Do(act, number);
                world.CheckInvariants();
            }

            world.RunToEnd();
        }));

    [Fact]
    public void TheSameLife_GivesTheSameEvents() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(100).WithEndSize(80), Prop.ForAll(Lives(), static life =>
        {
            var logs = new List<string>[2];
            for (var i = 0; i < 2; i++)
            {
                var world = new World(life.IsInstant, life.Seed);
                life.Acts.ForEach(act => world.Do(act.Act, act.Number));
                world.RunToEnd();
                logs[i] = world.Log;
            }

            Assert.Equal(logs[0], logs[1]);
        }));

    private sealed class World(bool isInstant, int seed)
    {
        private static readonly EngineLimits Limits = new(MaxRunning: 5, MaxWaiting: 6, KvBlocks: 40, BlockSize: 4, KvLease: TimeSpan.FromMilliseconds(300));

        private readonly EngineCore _core = new(isInstant ? SimTiming.Instant : new SimTiming { MaxStepTokens = 24 }, Limits);
        private readonly List<SimSequence> _all = [];
        private readonly List<EngineEvent> _events = [];
        private Monotonic _now;

        public List<string> Log { get; } = [];

        public void Do(Act act, int number)
        {
            switch (act)
            {
                case Act.Submit or Act.SubmitPrefillLeg or Act.SubmitDecodeLeg:
                    Submit(act, number);
                    break;
                case Act.Cancel when _all.Count > 0:
                    _core.Cancel(_all[number % _all.Count], _events);
                    break;
                case Act.Wait:
                    _now += TimeSpan.FromMilliseconds(number % 40);
                    break;
                case Act.WaitLong:
                    _now += TimeSpan.FromMilliseconds(number);
                    break;
                case Act.ClaimAndRelease when _all.Count > 0:
                    var sequence = _all[number % _all.Count];
                    if (_core.Cache.Leases.Claim(sequence.Id, sequence.HeldBlocks, "r", out _) == KvPullResult.Ok && number % 3 > 0)
                    {
                        Assert.True(_core.Cache.Leases.Release(sequence.Id, "r"));
                    }

                    break;
                case Act.Halt:
                    _core.IsHalted = !_core.IsHalted;
                    break;
            }

            Advance(number);
        }

        public void CheckInvariants()
        {
            Assert.InRange(_core.Running, 0, Limits.MaxRunning);
            Assert.InRange(_core.Running + _core.Waiting, 0, Limits.MaxRunning + Limits.MaxWaiting);
            Assert.InRange(_core.Cache.InUse, 0, Limits.KvBlocks);
            Assert.InRange(_core.Cache.Promised, 0, Limits.KvBlocks - _core.Cache.InUse);
            Assert.InRange(_core.Cache.Cached, 0, Limits.KvBlocks);
            Assert.InRange(_core.QueuedTokens, 0, long.MaxValue);

            // Every block in use belongs to a sequence or a lease.
            var held = _all.SelectMany(static s => s.Blocks).Distinct().Count();
            Assert.InRange(_core.Cache.InUse, Math.Max(0, held), held + _core.Cache.Leases.Blocks);
            Assert.All(_all, static s => Assert.InRange(s.Produced, 0, s.Tokens));
            Assert.All(_all.Where(static s => s.IsOver), static s => Assert.Empty(s.Blocks));
            Assert.All(_all.Where(static s => s.Phase == SequencePhase.Completed), static s => Assert.Equal(s.Tokens, s.Produced));
        }

        public void RunToEnd()
        {
            _core.IsHalted = false;
            for (var turns = 0; _all.Exists(static s => !s.IsOver) || _core.Cache.Leases.Count > 0; turns++)
            {
                Assert.True(turns < 100_000, "The engine never comes to an end.");
                var next = _core.Advance(_now, _events);
                Advance(1);
                if (next is { } at)
                {
                    _now = Monotonic.Max(_now, at);
                }
                else
                {
                    _core.Cache.Leases.ReleaseAll();
                }

                CheckInvariants();
            }

            Assert.Equal((0, 0, 0, 0, 0L), (_core.Running, _core.Waiting, _core.Cache.InUse, _core.Cache.Promised, _core.QueuedTokens));
            Assert.Equal(_all.Count, _core.Counters.Completed + _core.Counters.Cancelled + _core.Counters.Failed);
            Assert.Equal(_all.Count, Log.Count(static line => line.StartsWith("Over", StringComparison.Ordinal)));
        }

        private void Submit(Act act, int number)
        {
            // Few different prompts, of which many share a beginning.
            var family = (number + seed) % 3 * 1000;
            var sequence = new SimSequence
            {
                Id = $"s{_all.Count}",
                Prompt = [.. Enumerable.Range(family, 1 + (number % 60))],
                Seed = (ulong)number,
                Tokens = act == Act.SubmitPrefillLeg ? 1 : 1 + (number % 17),
                CacheRoot = 1,
                HoldsKv = act == Act.SubmitPrefillLeg,
                LoadsKv = act == Act.SubmitDecodeLeg,
            };
            if (_core.TrySubmit(sequence, _now, _events))
            {
                _all.Add(sequence);
            }
        }

        private void Advance(int number)
        {
            _core.Advance(_now, _events);
            while (_events.Count > 0)
            {
                var batch = _events.ToArray();
                _events.Clear();
                foreach (var (kind, sequence, elapsed) in batch)
                {
                    Log.Add($"{kind} {sequence.Id} {sequence.Produced} {elapsed.Ticks}");
                    if (kind == EngineEventKind.LoadDue && number % 4 > 0)
                    {
                        _core.Loaded(sequence);
                    }
                    else if (kind == EngineEventKind.LoadDue)
                    {
                        _core.LoadFailed(sequence, recompute: number % 8 == 0, _events);
                    }
                }

                _core.Advance(_now, _events);
            }
        }
    }
}
