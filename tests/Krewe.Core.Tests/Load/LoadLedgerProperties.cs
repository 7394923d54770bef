using FsCheck;
using FsCheck.Fluent;
using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Load;

public sealed class LoadLedgerProperties
{
    private static readonly double[] Seconds = [0, 0.001, 0.05, 0.5, 1, 1.999, 2, 4.999, 5, 5.999, 6, 10, 30];
    private static readonly SiloId[] Silos = [new("east"), new("west"), new("north")];

    [Fact]
    public void Any_history_agrees_with_the_naive_ledger_is_never_negative_and_ends_at_zero()
    {
        Prop.ForAll(LedgerStep.Histories(), steps =>
        {
            var options = LedgerOptions.Default;
            var ledger = new LoadLedger(options);
            var naive = new NaiveLedger(options);
            var now = new Monotonic(TimeSpan.FromHours(5).Ticks);
            ledger.MoveTo(new Epoch(1));
            naive.MoveTo(new Epoch(1));
            foreach (var step in steps)
            {
                if (step.Kind == LedgerStepKind.Pass)
                {
                    now += TimeSpan.FromSeconds(Seconds[step.Number % Seconds.Length]);
                }
                else
                {
                    Assert.Equal(Play(naive, step, now), Play(ledger, step, now));
                }

                AssertAgree(naive, ledger, now);
            }

            AssertQuiescent(naive, ledger, now);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    /// <summary>A property of calls that all end alike would say nothing. One seed: it either holds or not.</summary>
    [Fact]
    public void Random_histories_come_to_every_outcome()
    {
        var outcomes = new Dictionary<object, int>();
        foreach (var steps in LedgerStep.Histories().Generator.Sample(100, new Rnd(20, 21), 50))
        {
            var ledger = new LoadLedger(LedgerOptions.Default);
            var now = Monotonic.Zero;
            foreach (var step in steps)
            {
                now += TimeSpan.FromSeconds(step.Kind == LedgerStepKind.Pass ? Seconds[step.Number % Seconds.Length] : 0);
                var outcome = step.Kind == LedgerStepKind.Pass ? 0 : Play(ledger, step, now);
                outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            }
        }

        Assert.All(Enum.GetValues<ReserveOutcome>().Cast<object>().Concat([true, false]), outcome => Assert.True(outcomes.GetValueOrDefault(outcome) >= 20, $"{outcome}"));
    }

    private static void AssertAgree(NaiveLedger naive, LoadLedger ledger, Monotonic now)
    {
        var load = ledger.Snapshot(now);
        Assert.Equal((naive.Count, naive.Tokens, naive.External(now)), (load.ReservedRequests, load.ReservedTokens, load.ExternalRequests));
        Assert.True(load.ReservedRequests >= 0 && load.ReservedTokens >= 0 && load.ExternalRequests >= 0 && load.Requests >= 0);
        Assert.Equal(naive.Count == 0, ledger.IsEmpty);
        Assert.All(naive.Legs, leg => Assert.True(ledger.Holds(leg)));
    }

    /// <summary>Every attempt ends, some of them twice, and the idle engine says so: exactly zero.</summary>
    private static void AssertQuiescent(NaiveLedger naive, LoadLedger ledger, Monotonic now)
    {
        foreach (var leg in naive.Legs.ToList())
        {
            Assert.True(ledger.Release(leg, ledger.Epoch, now));
            Assert.False(ledger.Release(leg, ledger.Epoch, now));
        }

        ledger.Report(ledger.Epoch, default, now);
        Assert.Equal(default, ledger.Snapshot(now));
    }

    private static object Play(LoadLedger ledger, LedgerStep step, Monotonic now)
    {
        var epoch = EpochOf(step, ledger.Epoch);
        switch (step.Kind)
        {
            case LedgerStepKind.Reserve:
                return ledger.Reserve(LegOf(step.Leg), epoch, SiloOf(step), step.Number, LimitOf(step), now);
            case LedgerStepKind.Release:
                return ledger.Release(LegOf(step.Leg), epoch, now);
            case LedgerStepKind.Assert:
                ledger.Assert(SiloOf(step), epoch, AssertedBy(step), now);
                return 0;
            case LedgerStepKind.Expire:
                return Sorted(ledger.Expire(now));
            case LedgerStepKind.DropSilo:
                return ledger.DropSilos(silo => silo == SiloOf(step));
            case LedgerStepKind.Report:
                ledger.Report(epoch, ReportOf(step), now);
                return 0;
            default:
                ledger.MoveTo(epoch);
                return ledger.Epoch;
        }
    }

    private static object Play(NaiveLedger ledger, LedgerStep step, Monotonic now)
    {
        var epoch = EpochOf(step, ledger.Epoch);
        switch (step.Kind)
        {
            case LedgerStepKind.Reserve:
                return ledger.Reserve(LegOf(step.Leg), epoch, SiloOf(step), step.Number, LimitOf(step), now);
            case LedgerStepKind.Release:
                return ledger.Release(LegOf(step.Leg), epoch, now);
            case LedgerStepKind.Assert:
                ledger.Assert(SiloOf(step), epoch, AssertedBy(step), now);
                return 0;
            case LedgerStepKind.Expire:
                return Sorted(ledger.Expire(now));
            case LedgerStepKind.DropSilo:
                return ledger.DropSilo(SiloOf(step));
            case LedgerStepKind.Report:
                ledger.Report(epoch, ReportOf(step), now);
                return 0;
            default:
                ledger.MoveTo(epoch);
                return ledger.Epoch;
        }
    }

    private static string Sorted(IEnumerable<AttemptLeg> legs) => string.Join(' ', legs.Select(leg => leg.ToString()).Order(StringComparer.Ordinal));

    /// <summary>Four requests, each with both halves and one whole: prefill ends apart from decode.</summary>
    private static AttemptLeg LegOf(int number) => new(new AttemptId(new RequestId(3, (ulong)(number / 3)), 1), (LegKind)(number % 3));

    private static Epoch EpochOf(LedgerStep step, Epoch current) => step.Epoch switch
    {
        < 7 when step.Kind != LedgerStepKind.MoveTo => current,
        < 9 => new Epoch(Math.Max(0, current.Value - 1)),
        _ => current.Next(),
    };

    private static SiloId SiloOf(LedgerStep step) => Silos[step.Number % Silos.Length];

    private static int LimitOf(LedgerStep step) => step.Number % 3 == 0 ? step.Number / 9 : 100;

    private static ReportedLoad ReportOf(LedgerStep step) => new(step.Number % 5, step.Number % 2, 0, 0, 0, 0);

    private static List<(AttemptLeg Leg, long Tokens)> AssertedBy(LedgerStep step) =>
        [.. Enumerable.Range(0, step.Number % 6).Select(i => (LegOf((step.Leg + i) % 12), (long)i))];
}
