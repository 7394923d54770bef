using FsCheck;
using FsCheck.Fluent;
using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Core.Retry;

namespace Krewe.Core.Tests.Requests;

public sealed class RequestLifecycleProperties
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(3000).WithEndSize(60);

    private static readonly Gen<List<(int Act, int Number)>> Scripts =
        (from act in Gen.Choose(0, 11) from number in Gen.Choose(0, 1000) select (act, number)).ListOf().Select(list => list.ToList());

    [Fact]
    public void AnyOrderOfEvents_ReachesAtMostOneTerminalAndNothingFollowsIt() => Prop.ForAll(Scripts.ToArbitrary(), script =>
    {
        var budget = new RetryBudget();
        var life = new LifecycleFixture(streaming: script.Count % 2 == 0, attempts: 3, deadlineMs: 2000, budget, floor: 1);
        var request = life.Request;
        RequestDescription? atTheEnd = null;
        var tokens = 0L;
        foreach (var (act, number) in script)
        {
            var before = request.Describe(life.Now);
            var (changed, ended) = Do(life, act, number);
            if (atTheEnd is not null)
            {
                Assert.True(ended, "After the end every event is answered so.");
                AssertSame(atTheEnd, request.Describe(life.Now));
            }
            else if (!changed && request.Outcome is null)
            {
                AssertSame(before with { AgeMs = 0, DeadlineRemainingMs = 0 }, request.Describe(life.Now) with { AgeMs = 0, DeadlineRemainingMs = 0 });
            }

            if (atTheEnd is null && request.Outcome is not null)
            {
                atTheEnd = request.Describe(life.Now);
            }

            Assert.Equal(request.Outcome is not null, request.Phase.IsTerminal());
            Assert.Equal(request.Outcome?.TerminalPhase() ?? request.Phase, request.Phase);
            Assert.Equal(request.Phase.HasAttempt(), request.Current is not null);
            Assert.True(request.Attempts.Count(attempt => attempt.Cause?.ChargesBudget() ?? false) <= 3);
            Assert.True(LongestRowOfFailovers(request) <= LifecycleFixture.Failovers + 1);
            Assert.Equal(request.Attempts.Count(attempt => attempt.Cause is null), request.Current is null ? 0 : 1);
            Assert.Equal(Enumerable.Range(1, request.Attempts.Count), request.Attempts.Select(attempt => attempt.Id.Number));
            Assert.Equal(request.Attempts.Sum(attempt => attempt.TokensSent), request.TokensSent);
            Assert.True(request.TokensSent >= tokens);
            tokens = request.TokensSent;
            Assert.Equal(request.Outcome is null ? 1 : 0, budget.RequestsInFlight);
            Assert.InRange(budget.RetriesInFlight, 0, request.Outcome is null ? 1 : 0);
            Assert.True(request.Attempts.Count(attempt => attempt.Cause is AttemptCause.Completed) == (request.Outcome is RequestOutcome.Completed ? 1 : 0));
        }
    }).Check(Many);

    [Fact]
    public void FinishInstanceDeathCancelAndDeadline_InEveryOrder_OnlyTheFirstCounts()
    {
        (RequestOutcome? Ends, Func<LifecycleFixture, AttemptId, bool> Do)[] racers =
        [
            (RequestOutcome.Completed, (life, attempt) => life.Request.Complete(attempt, life.Now, life.Random).Kind is NextStepKind.Finish),
            (RequestOutcome.EngineError, (life, attempt) => life.End(attempt, AttemptCause.EpochLost).Kind is NextStepKind.Fail),
            (RequestOutcome.ClientGone, (life, _) => life.Request.Cancel(life.Now) is StepResult.Applied),
            (RequestOutcome.DeadlineExceeded, (life, _) => life.Request.Expire(life.Now) is StepResult.Applied),
        ];
        var orders = 0;
        foreach (var order in Permutations([0, 1, 2, 3]))
        {
            var life = new LifecycleFixture(deadlineMs: 100);
            var attempt = life.Bind();
            life.Request.TokensPassed(attempt, 5, life.Now);

            // The deadline's racer must find it over, the others at or just before it.
            var counted = new List<int>();
            foreach (var racer in order)
            {
                if (racer == 3)
                {
                    life.Pass(100);
                }

                if (racers[racer].Do(life, attempt))
                {
                    counted.Add(racer);
                }
            }

            Assert.Equal([order[0]], counted);
            Assert.Equal(racers[order[0]].Ends, life.Request.Outcome);
            Assert.Equal((0, 0), (life.Budget.RequestsInFlight, life.Budget.RetriesInFlight));
            orders++;
        }

        Assert.Equal(24, orders);
    }

    [Fact]
    public void InstanceDeathFirst_NothingSent_TheOtherThreeStillRaceForTheNextAttempt()
    {
        foreach (var order in Permutations([0, 1, 2]))
        {
            var life = new LifecycleFixture(deadlineMs: 100);
            var first = life.Bind();
            Assert.Equal(NextStepKind.FailOver, life.End(first, AttemptCause.EpochLost).Kind);
            var second = life.Bind();
            Assert.Equal(NextStep.Stale, life.Request.Complete(first, life.Now, life.Random));
            var ends = order.Select(racer =>
            {
                life.Pass(racer == 2 ? 100 : 0);
                return racer switch
                {
                    0 => life.Request.Complete(second, life.Now, life.Random).Kind is NextStepKind.Finish,
                    1 => life.Request.Cancel(life.Now) is StepResult.Applied,
                    _ => life.Request.Expire(life.Now) is StepResult.Applied,
                };
            }).ToList();
            Assert.Equal([true, false, false], ends);
        }
    }

    /// <summary>Whether the request says that something changed, and whether it says that it had ended.</summary>
    private static (bool Changed, bool Ended) Do(LifecycleFixture life, int act, int number)
    {
        var request = life.Request;

        // Mostly the running attempt, at times an older, or one that never was.
        var attempt = new AttemptId(request.Terms.Id, number % 5 == 0 ? number % 4 : request.Attempts.Count);
        if (act == 0)
        {
            life.Pass(number / 4);
            return (false, request.Outcome is not null);
        }

        if (act is 8 or 9)
        {
            var causes = Enum.GetValues<AttemptCause>();
            var end = new AttemptEnd(causes[number % causes.Length], (LegKind)(number % 3), CanContinue: number % 7 == 0);
            var next = request.AttemptEnded(attempt, end, life.Now, life.Random);
            return (next.Kind is not (NextStepKind.Stale or NextStepKind.AlreadyEnded), next.Kind is NextStepKind.AlreadyEnded);
        }

        var result = act switch
        {
            1 => request.Queue(QueueReason.Room, life.Now),
            2 or 3 => request.Bind(LifecycleFixture.Pair, life.Now, out _),
            4 => request.Rebind(attempt, LifecycleFixture.Half($"d{number}")),
            5 => request.PrefillStarted(attempt, life.Now),
            6 => request.PrefillDone(attempt, life.Now),
            7 => request.TokensPassed(attempt, number % 3, life.Now),
            10 => request.Expire(life.Now),
            _ when number % 6 == 0 => request.Cancel(life.Now),
            _ when number % 6 == 1 => request.Fail(RequestOutcome.NoInstance, life.Now),
            _ => request.FirstToken(attempt, life.Now),
        };
        return (result is StepResult.Applied, result is StepResult.AlreadyEnded);
    }

    private static int LongestRowOfFailovers(RequestLifecycle request)
    {
        var (row, longest) = (0, 0);
        foreach (var attempt in request.Attempts)
        {
            var counts = attempt.Cause is { } cause && cause.IsFailover() && cause.MayHaveRun();
            row = attempt.FirstTokenAt is not null ? 0 : row + (counts ? 1 : 0);
            longest = Math.Max(longest, row);
        }

        return longest;
    }

    private static void AssertSame(RequestDescription expected, RequestDescription actual)
    {
        Assert.Equal(expected.Attempts, actual.Attempts);
        Assert.Equal(expected with { Attempts = [] }, actual with { Attempts = [] });
    }

    private static IEnumerable<int[]> Permutations(int[] items) => items.Length <= 1
        ? [items]
        : items.SelectMany(first => Permutations([.. items.Where(item => item != first)]).Select(rest => (int[])[first, .. rest]));
}
