using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Core.Retry;
using Krewe.Core.Routing;

namespace Krewe.Core.Tests.Requests;

public sealed class RequestLifecycleTests
{
    [Fact]
    public void AWholeLife_GoesThroughItsPhasesAndIsDescribed()
    {
        var life = new LifecycleFixture();
        var request = life.Request;
        Assert.Equal(RequestPhase.Admitted, request.Phase);
        Assert.Equal((StepResult.Applied, RequestPhase.Queued), (request.Queue(QueueReason.Room, life.Now), request.Phase));
        life.Pass(5);
        var attempt = life.Bind();
        Assert.Equal((new AttemptId(request.Terms.Id, 1), RequestPhase.Bound), (attempt, request.Phase));
        Assert.Equal((StepResult.Applied, RequestPhase.Prefilling), (request.PrefillStarted(attempt, life.Now), request.Phase));
        life.Pass(100);
        Assert.Equal((StepResult.Applied, RequestPhase.Prefilling), (request.PrefillDone(attempt, life.Now), request.Phase));
        life.Pass(20);
        Assert.Equal((StepResult.Applied, RequestPhase.Decoding), (request.FirstToken(attempt, life.Now), request.Phase));
        Assert.Equal(StepResult.Applied, request.TokensPassed(attempt, 7, life.Now));
        life.Pass(75);
        Assert.Equal(NextStep.Finish, request.Complete(attempt, life.Now, life.Random));
        life.Pass(1000);

        var told = request.Describe(life.Now);
        Assert.Equal((RequestPhase.Completed, RequestOutcome.Completed, 7L), (told.Phase, told.Outcome, told.TokensSent));
        Assert.Equal((200.0, 9800.0), (told.AgeMs, told.DeadlineRemainingMs));
        var only = Assert.Single(told.Attempts);
        Assert.Equal(new BindingHalfDescription("p1", 1, "p1.1"), only.Prefill);
        Assert.Equal(new BindingHalfDescription("d1", 1, "d1.1"), only.Decode);
        Assert.Equal((5.0, 5.0, 105.0, 125.0, 200.0), (only.BoundMs, only.PrefillStartedMs, only.PrefillDoneMs, only.FirstTokenMs, only.EndedMs));
        Assert.Equal((AttemptCause.Completed, 7L, null), (only.Cause, only.TokensSent, only.FailedLeg));
    }

    [Fact]
    public void Rebind_BeforeDecoding_MovesTheDecodeHalfOnly()
    {
        var life = new LifecycleFixture();
        var attempt = life.Bind();
        Assert.Equal(StepResult.Applied, life.Request.Rebind(attempt, LifecycleFixture.Half("d2")));
        Assert.Equal(new Binding(LifecycleFixture.Half("p1"), LifecycleFixture.Half("d2")), life.Request.Current?.Binding);
        life.Request.FirstToken(attempt, life.Now);
        Assert.Equal(StepResult.Stale, life.Request.Rebind(attempt, LifecycleFixture.Half("d3")));
    }

    [Fact]
    public void EpochLost_NothingSent_FailsOverAtOnceAndExcludesThatLife()
    {
        var life = new LifecycleFixture(floor: 0);
        var next = life.Request.AttemptEnded(life.Bind(), new AttemptEnd(AttemptCause.EpochLost, LegKind.Prefill), life.Now, life.Random);
        Assert.Equal(NextStep.FailOverAfter(TimeSpan.Zero), next);
        Assert.Equal(RequestPhase.Queued, life.Request.Phase);
        Assert.Equal([new Exclusion(LifecycleFixture.Pair.Prefill.Instance, new Epoch(1))], life.Request.Exclusions.ToArray());
        Assert.Equal(0, life.Budget.RetriesInFlight);
    }

    [Fact]
    public void EpochLost_AgainAndAgain_IsPacedFromTheSecondOn()
    {
        var life = new LifecycleFixture(attempts: 1);
        Assert.Equal(TimeSpan.Zero, life.End(life.Bind(), AttemptCause.EpochLost).Delay);
        var delays = Enumerable.Range(0, LifecycleFixture.Failovers - 1).Select(_ => life.End(life.Bind(), AttemptCause.EpochLost)).ToList();
        Assert.All(delays, next => Assert.Equal(NextStepKind.FailOver, next.Kind));
        Assert.All(delays, next => Assert.True(next.Delay > TimeSpan.Zero));
    }

    [Theory]
    [InlineData(LegKind.Prefill, AttemptCause.EngineError, "p1")]
    [InlineData(LegKind.Decode, AttemptCause.EngineError, "d1")]
    [InlineData(LegKind.Whole, AttemptCause.EngineError, "p1 d1")]
    [InlineData(LegKind.Decode, AttemptCause.TransferFailed, "p1 d1")]
    public void RetryableEnd_ExcludesTheHalfThatFailed(LegKind leg, AttemptCause cause, string excluded)
    {
        var life = new LifecycleFixture();
        life.Request.AttemptEnded(life.Bind(), new AttemptEnd(cause, leg), life.Now, life.Random);
        Assert.Equal(excluded, string.Join(' ', life.Request.Exclusions.ToArray().Select(exclusion => exclusion.Instance.Name.Value)));
    }

    [Fact]
    public void RetryableEnd_OnOneInstance_ExcludesItOnceOnly()
    {
        var life = new LifecycleFixture();
        var whole = Binding.OnOne(LifecycleFixture.Half("m1"));
        life.End(life.Bind(whole), AttemptCause.EngineError);
        life.End(life.Bind(whole), AttemptCause.EngineError);
        Assert.Single(life.Request.Exclusions.ToArray());
    }

    [Fact]
    public void EngineError_NothingSent_RetriesWithBackoffOnTheBudgetUntilAttemptsAreUsedUp()
    {
        var life = new LifecycleFixture(attempts: 3);
        for (var number = 1; number < 3; number++)
        {
            var next = life.End(life.Bind(), AttemptCause.EngineError);
            Assert.Equal(NextStepKind.RetryAfter, next.Kind);
            Assert.InRange(next.Delay, TimeSpan.Zero, BackoffPolicy.Default.Ceiling(number));
            Assert.Equal(1, life.Budget.RetriesInFlight);
        }

        Assert.Equal(NextStep.Fail(RequestOutcome.EngineError), life.End(life.Bind(), AttemptCause.EngineError));
        Assert.Equal((RequestPhase.Failed, 3), (life.Request.Phase, life.Request.Attempts.Count));
        Assert.Equal((0, 0), (life.Budget.RequestsInFlight, life.Budget.RetriesInFlight));
    }

    [Theory]
    [InlineData(AttemptCause.EngineError, RequestOutcome.EngineError)]
    [InlineData(AttemptCause.EngineOverloaded, RequestOutcome.Overloaded)]
    public void RetryableEnd_BudgetUsedUp_Fails(AttemptCause cause, RequestOutcome outcome)
    {
        var life = new LifecycleFixture(floor: 0);
        Assert.Equal(NextStep.Fail(outcome), life.End(life.Bind(), cause));
    }

    [Theory]
    [InlineData(AttemptCause.EngineRejected, RequestOutcome.EngineRejected)]
    [InlineData(AttemptCause.ClientGone, RequestOutcome.ClientGone)]
    [InlineData(AttemptCause.DeadlineExceeded, RequestOutcome.DeadlineExceeded)]
    [InlineData(AttemptCause.SiloDraining, RequestOutcome.Draining)]
    [InlineData(AttemptCause.InternalError, RequestOutcome.InternalError)]
    public void EndThatNoOtherEngineCouldMend_EndsTheRequest(AttemptCause cause, RequestOutcome outcome)
    {
        var life = new LifecycleFixture();
        Assert.Equal(NextStep.Fail(outcome), life.End(life.Bind(), cause));
        Assert.Equal(outcome.TerminalPhase(), life.Request.Phase);
    }

    [Theory]
    [InlineData(AttemptCause.EpochLost)]
    [InlineData(AttemptCause.StreamBroken)]
    public void StreamWithTokensSent_CannotContinue_Fails(AttemptCause cause)
    {
        var life = new LifecycleFixture();
        var attempt = life.Bind();
        life.Request.TokensPassed(attempt, 1, life.Now);
        Assert.Equal(NextStep.Fail(RequestOutcome.EngineError), life.End(attempt, cause));
    }

    [Fact]
    public void StreamWithTokensSent_CanContinue_GoesOn()
    {
        var life = new LifecycleFixture();
        var attempt = life.Bind();
        life.Request.TokensPassed(attempt, 3, life.Now);
        Assert.Equal(NextStepKind.FailOver, life.End(attempt, AttemptCause.EpochLost, canContinue: true).Kind);

        // What was shown stays shown, though the next attempt has sent nothing itself.
        Assert.Equal(NextStep.Fail(RequestOutcome.EngineError), life.End(life.Bind(), AttemptCause.EpochLost));
        Assert.Equal(3, life.Request.TokensSent);
    }

    [Fact]
    public void NonStreamingRequest_TokensComeAndTheEngineDies_IsRunAgain()
    {
        var life = new LifecycleFixture(streaming: false);
        var attempt = life.Bind();
        life.Request.FirstToken(attempt, life.Now);
        Assert.Equal(NextStepKind.RetryAfter, life.End(attempt, AttemptCause.EngineError).Kind);
        var second = life.Bind();
        life.Request.FirstToken(second, life.Now);
        Assert.Equal(NextStepKind.FailOver, life.End(second, AttemptCause.StreamBroken).Kind);
    }

    [Fact]
    public void RetryableEnd_AfterTheDeadline_IsDeadlineExceeded()
    {
        var life = new LifecycleFixture(deadlineMs: 50);
        var attempt = life.Bind();
        life.Pass(50);
        Assert.Equal(NextStep.Fail(RequestOutcome.DeadlineExceeded), life.End(attempt, AttemptCause.EngineError));
    }

    [Fact]
    public void RetryableEnd_NoTimeForTheBackoff_FailsNowWithTheCause()
    {
        // One tick is left: only a wait of exactly zero would fit, and the jitter gives none with this seed.
        var life = new LifecycleFixture(deadlineMs: 50);
        var attempt = life.Bind();
        life.Pass(49);
        var almost = life.Now + TimeSpan.FromTicks(TimeSpan.TicksPerMillisecond - 1);
        Assert.Equal(
            NextStep.Fail(RequestOutcome.EngineError),
            life.Request.AttemptEnded(attempt, new AttemptEnd(AttemptCause.EngineError), almost, life.Random));
    }

    [Fact]
    public void Bind_AfterTheDeadline_EndsTheRequestInsteadOfDispatchingIt()
    {
        var life = new LifecycleFixture(deadlineMs: 50);
        life.Pass(50);
        Assert.Equal(StepResult.AlreadyEnded, life.Request.Bind(LifecycleFixture.Pair, life.Now, out _));
        Assert.Equal(RequestOutcome.DeadlineExceeded, life.Request.Outcome);
        Assert.Empty(life.Request.Attempts);
    }

    [Fact]
    public void Bind_WhileAnAttemptRuns_IsStale()
    {
        var life = new LifecycleFixture();
        life.Bind();
        Assert.Equal(StepResult.Stale, life.Request.Bind(LifecycleFixture.Pair, life.Now, out var attempt));
        Assert.Equal(default, attempt);
        Assert.Equal(StepResult.Stale, life.Request.Queue(QueueReason.Room, life.Now));
    }

    [Fact]
    public void EventsOfAnEarlierAttempt_ChangeNothing()
    {
        var life = new LifecycleFixture();
        var first = life.Bind();
        life.End(first, AttemptCause.EpochLost);
        var second = life.Bind();
        Assert.Equal(StepResult.Stale, life.Request.PrefillStarted(first, life.Now));
        Assert.Equal(StepResult.Stale, life.Request.TokensPassed(first, 9, life.Now));
        Assert.Equal(NextStep.Stale, life.End(first, AttemptCause.Completed));
        Assert.Equal((second, RequestPhase.Bound, 0L), (life.Request.Current?.Id, life.Request.Phase, life.Request.TokensSent));
    }

    [Fact]
    public void Expire_BeforeTheDeadline_ChangesNothing()
    {
        var life = new LifecycleFixture();
        Assert.Equal((StepResult.Stale, RequestPhase.Admitted), (life.Request.Expire(life.Now), life.Request.Phase));
        life.Pass(10_000);
        Assert.Equal((StepResult.Applied, RequestOutcome.DeadlineExceeded), (life.Request.Expire(life.Now), life.Request.Outcome));
    }

    [Fact]
    public void Fail_WhileAnAttemptRuns_EndsItWithItsOwnCause()
    {
        var life = new LifecycleFixture();
        life.Bind();
        Assert.Equal(StepResult.Applied, life.Request.Fail(RequestOutcome.Draining, life.Now));
        Assert.Equal((AttemptCause.SiloDraining, null), (life.Request.Attempts[0].Cause, life.Request.Current));
        Assert.Throws<ArgumentException>(() => new LifecycleFixture().Request.Fail(RequestOutcome.Completed, life.Now));
    }
}
