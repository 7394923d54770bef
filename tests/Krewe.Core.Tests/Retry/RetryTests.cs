using FsCheck;
using FsCheck.Fluent;
using Krewe.Core.Randomness;
using Krewe.Core.Retry;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Retry;

public sealed class RetryTests
{
    [Fact]
    public void Deadline_BeforeAtAndAfter_RemainingNeverGoesBelowZero()
    {
        var deadline = Deadline.In(TimeSpan.FromSeconds(2), At(10));
        Assert.Equal((TimeSpan.FromSeconds(1), false), (deadline.Remaining(At(11)), deadline.IsOver(At(11))));
        Assert.Equal((TimeSpan.Zero, true), (deadline.Remaining(At(12)), deadline.IsOver(At(12))));
        Assert.Equal((TimeSpan.Zero, true), (deadline.Remaining(At(99)), deadline.IsOver(At(99))));
        Assert.Equal(deadline, Deadline.Min(deadline, new Deadline(At(13))));
        Assert.Equal(deadline, Deadline.Min(new Deadline(At(13)), deadline));
    }

    [Theory]
    [InlineData(1, 20)]
    [InlineData(2, 40)]
    [InlineData(7, 1280)]
    [InlineData(8, 2000)]
    [InlineData(63, 2000)]
    [InlineData(int.MaxValue, 2000)]
    public void Ceiling_DoublesUpToTheMaximum(int attempt, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), BackoffPolicy.Default.Ceiling(attempt));

    [Fact]
    public void Ceiling_HugeMaximum_NeverOverflows()
    {
        var policy = new BackoffPolicy(TimeSpan.FromTicks(3), TimeSpan.MaxValue);
        var last = TimeSpan.Zero;
        for (var attempt = 1; attempt < 200; attempt++)
        {
            Assert.True(policy.Ceiling(attempt) >= last);
            last = policy.Ceiling(attempt);
        }

        Assert.Equal(TimeSpan.MaxValue, last);
    }

    [Fact]
    public void Delay_FullJitter_IsSpreadEvenlyFromZeroToTheCeiling()
    {
        var random = new SeededRandom(5);
        var delays = Enumerable.Range(0, 10_000).Select(_ => BackoffPolicy.Default.Delay(3, random).TotalMilliseconds).ToList();
        Assert.All(delays, delay => Assert.InRange(delay, 0, 80));
        Assert.InRange(delays.Average(), 39, 41);
        Assert.InRange(delays.Count(delay => delay < 8), 900, 1100);
        Assert.InRange(delays.Count(delay => delay > 72), 900, 1100);
    }

    [Fact]
    public void BackoffPolicy_BadBounds_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new BackoffPolicy(TimeSpan.Zero, TimeSpan.FromSeconds(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BackoffPolicy(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => BackoffPolicy.Default.Delay(0, new SeededRandom(1)));
    }

    [Theory]
    [InlineData(0, 2, 2)]
    [InlineData(9, 2, 2)]
    [InlineData(15, 2, 3)]
    [InlineData(100, 2, 20)]
    [InlineData(4, 0, 0)]
    [InlineData(5, 0, 1)]
    public void RetryBudget_AllowsTheGreaterOfFloorAndPercentage(int requests, int floor, int allowed)
    {
        var budget = new RetryBudget();
        for (var i = 0; i < requests; i++)
        {
            budget.Enter();
        }

        var policy = RetryPolicy.Default with { BudgetFloor = floor, BudgetPercent = 20 };
        Assert.Equal(allowed, Enumerable.Range(0, 50).Count(_ => budget.TryTake(policy)));
        Assert.Equal(allowed, budget.RetriesInFlight);
    }

    [Fact]
    public void RetryBudget_AnySequence_NeverGoesNegativeNorAboveWhatIsAllowed()
    {
        var policy = RetryPolicy.Default with { BudgetFloor = 1, BudgetPercent = 50 };
        Prop.ForAll(Gen.Choose(0, 3).ListOf().ToArbitrary(), acts =>
        {
            var budget = new RetryBudget();
            int requests = 0, retries = 0;
            foreach (var act in acts)
            {
                switch (act)
                {
                    case 0:
                        budget.Enter();
                        requests++;
                        break;
                    case 1:
                        Assert.Equal(requests > 0, budget.Exit());
                        requests = Math.Max(0, requests - 1);
                        break;
                    case 2:
                        Assert.Equal(retries < Math.Max(1, requests / 2), budget.TryTake(policy));
                        retries += retries < Math.Max(1, requests / 2) ? 1 : 0;
                        break;
                    default:
                        Assert.Equal(retries > 0, budget.Return());
                        retries = Math.Max(0, retries - 1);
                        break;
                }

                Assert.Equal((requests, retries), (budget.RequestsInFlight, budget.RetriesInFlight));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Fact]
    public void RetryBudget_ManyThreads_NeverLetsMoreOutThanAllowed()
    {
        var policy = RetryPolicy.Default with { BudgetFloor = 3, BudgetPercent = 0 };
        var budget = new RetryBudget();
        var tooMany = 0;
        Parallel.For(0, 50_000, _ =>
        {
            budget.Enter();
            if (budget.TryTake(policy))
            {
                Interlocked.Add(ref tooMany, budget.RetriesInFlight > 3 ? 1 : 0);
                budget.Return();
            }

            budget.Exit();
        });
        Assert.Equal((0, 0, 0), (tooMany, budget.RequestsInFlight, budget.RetriesInFlight));
    }

    private static Monotonic At(int seconds) => Monotonic.Zero + TimeSpan.FromSeconds(seconds);
}
