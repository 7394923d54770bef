using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Core.Retry;

namespace Krewe.Core.Tests.Requests;

public sealed class FailoverTests
{
    public static TheoryData<AttemptCause> Failovers => [.. Enum.GetValues<AttemptCause>().Where(cause => cause.IsFailover())];

    [Theory]
    [MemberData(nameof(Failovers))]
    public void EveryFailover_NoBudgetAtAll_IsMadeGoodAtOnceAndChargesNothing(AttemptCause cause)
    {
        var life = new LifecycleFixture(floor: 0, attempts: 1);
        Assert.Equal(NextStep.FailOverAfter(TimeSpan.Zero), life.End(life.Bind(), cause));
        Assert.Equal(0, life.Budget.RetriesInFlight);
    }

    [Fact]
    public void HundredsInFlightLoseTheirEngineAtOnce_NoneFails()
    {
        var budget = new RetryBudget();
        var lives = Enumerable.Range(0, 500).Select(_ => new LifecycleFixture(budget: budget)).ToList();
        var attempts = lives.ConvertAll(life => life.Bind());

        var steps = lives.Zip(attempts, (life, attempt) => life.End(attempt, attempt.Number % 2 == 0 ? AttemptCause.StreamBroken : AttemptCause.ConnectionReset));

        Assert.All(steps, step => Assert.Equal(NextStepKind.FailOver, step.Kind));
    }

    [Fact]
    public void ARowOfFailoversWithoutAToken_EndsAtItsLimit()
    {
        var life = new LifecycleFixture(attempts: 1);
        for (var i = 0; i < LifecycleFixture.Failovers; i++)
        {
            Assert.Equal(NextStepKind.FailOver, life.End(life.Bind(), AttemptCause.StreamBroken).Kind);
        }

        Assert.Equal(NextStep.Fail(RequestOutcome.EngineError), life.End(life.Bind(), AttemptCause.StreamBroken));
    }

    [Fact]
    public void FailoversWithTokensBetween_HaveNoLimitButTheDeadline()
    {
        var life = new LifecycleFixture(attempts: 1);
        for (var i = 0; i < 10 * LifecycleFixture.Failovers; i++)
        {
            var attempt = life.Bind();
            life.Request.TokensPassed(attempt, 1, life.Now);
            Assert.Equal(NextStep.FailOverAfter(TimeSpan.Zero), life.End(attempt, AttemptCause.EpochLost, canContinue: true));
        }

        life.Pass(10_000);
        Assert.Equal(StepResult.AlreadyEnded, life.Request.Bind(LifecycleFixture.Pair, life.Now, out _));
        Assert.Equal(RequestOutcome.DeadlineExceeded, life.Request.Outcome);
    }

    [Theory]
    [InlineData(AttemptCause.ConnectionRefused)]
    [InlineData(AttemptCause.ConnectTimeout)]
    public void WhatNoEngineCanHaveRun_DoesNotCountAgainstTheLimit_AndIsPaced(AttemptCause cause)
    {
        var life = new LifecycleFixture(attempts: 1);
        Assert.Equal(NextStep.FailOverAfter(TimeSpan.Zero), life.End(life.Bind(), cause));
        for (var i = 1; i < 3 * LifecycleFixture.Failovers; i++)
        {
            var next = life.End(life.Bind(), cause);
            Assert.Equal(NextStepKind.FailOver, next.Kind);
            Assert.InRange(next.Delay, TimeSpan.FromTicks(1), BackoffPolicy.Default.Ceiling(i));
        }
    }

    [Fact]
    public void ErrorsAndFailovers_AreCountedApart()
    {
        var life = new LifecycleFixture(attempts: 2);
        Assert.Equal(NextStepKind.RetryAfter, life.End(life.Bind(), AttemptCause.EngineError).Kind);
        Assert.Equal(NextStepKind.FailOver, life.End(life.Bind(), AttemptCause.EpochLost).Kind);
        Assert.Equal(NextStepKind.FailOver, life.End(life.Bind(), AttemptCause.ConnectionReset).Kind);
        Assert.Equal(NextStep.Fail(RequestOutcome.EngineError), life.End(life.Bind(), AttemptCause.EngineError));
    }

    [Theory]
    [InlineData(AttemptCause.EngineRejected, 0, 10, false, RetryRefusal.NotRetryable)]
    [InlineData(AttemptCause.EngineError, 10_000, 10, false, RetryRefusal.NoTimeLeft)]
    [InlineData(AttemptCause.EpochLost, 0, 10, true, RetryRefusal.AlreadyShown)]
    [InlineData(AttemptCause.EngineError, 0, 10, false, RetryRefusal.AttemptsUsedUp)]
    [InlineData(AttemptCause.EngineError, 0, 0, false, RetryRefusal.BudgetUsedUp)]
    public void WhyNoAttemptFollows_IsTold(AttemptCause cause, int passes, int floor, bool shown, RetryRefusal refusal)
    {
        var life = new LifecycleFixture(attempts: refusal is RetryRefusal.AttemptsUsedUp ? 1 : 4, floor: floor);
        var attempt = life.Bind();
        life.Request.TokensPassed(attempt, shown ? 1 : 0, life.Now);
        life.Pass(passes);
        Assert.Equal(NextStepKind.Fail, life.End(attempt, cause).Kind);
        Assert.Equal(refusal, life.Request.Refusal);
    }

    [Fact]
    public void WhereAnAttemptFollowsOrNoneIsNeeded_NothingWasRefused()
    {
        var life = new LifecycleFixture();
        life.End(life.Bind(), AttemptCause.EngineError);
        Assert.Null(life.Request.Refusal);
        life.Request.Complete(life.Bind(), life.Now, life.Random);
        Assert.Null(life.Request.Refusal);
    }

    [Fact]
    public void AttemptsOfOneRequest_AreBoundedWhateverEndsThem()
    {
        var life = new LifecycleFixture();
        var steps = 1;
        while (life.End(life.Bind(), AttemptCause.ConnectionRefused).IsAnotherAttempt)
        {
            steps++;
        }

        Assert.Equal(256, steps);
    }

    [Fact]
    public void AnAttemptThatBrokeBehindItsAnswer_CompletesTheRequestUnderItsOwnCause()
    {
        var life = new LifecycleFixture();
        var attempt = life.Bind();
        life.Request.TokensPassed(attempt, 7, life.Now);

        Assert.Equal(StepResult.Applied, life.Request.CompleteBroken(attempt, new AttemptEnd(AttemptCause.StreamBroken, LegKind.Decode), life.Now));

        Assert.Equal((RequestOutcome.Completed, 0), (life.Request.Outcome, life.Budget.RequestsInFlight));
        Assert.Equal((AttemptCause.StreamBroken, LegKind.Decode), (life.Request.Attempts[0].Cause, life.Request.Attempts[0].FailedLeg));
        Assert.Equal(StepResult.AlreadyEnded, life.Request.CompleteBroken(attempt, new AttemptEnd(AttemptCause.StreamBroken), life.Now));
    }
}
