using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Requests;

namespace Krewe.Core.Tests.Requests;

/// <summary>What a request's description tells of its attempts.</summary>
public sealed class RequestStoryTests
{
    [Fact]
    public void What_went_on_elsewhere_says_where_and_what_followed()
    {
        var life = new LifecycleFixture();
        var first = life.Bind();
        life.Request.TokensPassed(first, 7, life.Now);
        life.Request.AttemptEnded(first, Broken(AttemptCause.EpochLost, ContinuationKind.Continue) with { CanContinue = true, Evidence = EvidenceKind.Dead }, life.Now, life.Random);
        var second = life.Bind();
        life.Request.TokensPassed(second, 5, life.Now);
        life.Request.AttemptEnded(second, Broken(AttemptCause.EngineError, ContinuationKind.Continue) with { CanContinue = true }, life.Now, life.Random);
        var third = life.Bind();
        life.Request.Complete(third, life.Now, life.Random);

        var attempts = life.Request.Describe(life.Now).Attempts;

        Assert.Equal([0L, 7, 12], attempts.Select(attempt => attempt.TokensBefore));
        Assert.Equal([ContinuationKind.Continue, ContinuationKind.Continue, null], attempts.Select(attempt => attempt.Continuation));
        Assert.Equal([NextStepKind.FailOver, NextStepKind.RetryAfter, null], attempts.Select(attempt => attempt.Next));
        Assert.Equal([EvidenceKind.Dead, null, null], attempts.Select(attempt => attempt.Evidence));
        Assert.Equal(0, attempts[0].BackoffMs);
        Assert.True(attempts[1].BackoffMs > 0);
        Assert.Null(attempts[2].BackoffMs);
        Assert.All(attempts, attempt => Assert.Null(attempt.RetryRefusal));
    }

    [Fact]
    public void What_did_not_go_on_says_why()
    {
        var life = new LifecycleFixture();
        var attempt = life.Bind();
        life.Request.TokensPassed(attempt, 1, life.Now);
        life.Request.AttemptEnded(
            attempt, Broken(AttemptCause.StreamBroken, ContinuationKind.Refuse) with { ContinuationRefusal = ContinuationRefusal.Seed }, life.Now, life.Random);

        var told = Assert.Single(life.Request.Describe(life.Now).Attempts);

        Assert.Equal(
            (ContinuationKind.Refuse, ContinuationRefusal.Seed, RetryRefusal.AlreadyShown, null),
            (told.Continuation, told.ContinuationRefusal, told.RetryRefusal, told.Next));
    }

    [Fact]
    public void What_could_have_gone_on_and_found_no_attempt_says_so()
    {
        var usedUp = new LifecycleFixture(attempts: 1);
        var only = usedUp.Bind();
        usedUp.Request.TokensPassed(only, 1, usedUp.Now);
        usedUp.Request.AttemptEnded(only, Broken(AttemptCause.EngineError, ContinuationKind.Continue) with { CanContinue = true }, usedUp.Now, usedUp.Random);
        var late = new LifecycleFixture();
        var lost = late.Bind();
        late.Request.TokensPassed(lost, 1, late.Now);
        late.Request.AttemptEnded(lost, Broken(AttemptCause.EpochLost, ContinuationKind.Continue) with { CanContinue = true }, late.Now, late.Random);
        late.Request.Queue(QueueReason.Instance, late.Now);
        late.Pass(10_001);
        late.Request.Expire(late.Now);

        var (first, second) = (usedUp.Request.Describe(usedUp.Now), late.Request.Describe(late.Now));

        Assert.Equal((ContinuationKind.Refuse, ContinuationRefusal.NoAttempt), (first.Attempts[0].Continuation, first.Attempts[0].ContinuationRefusal));
        Assert.Equal(RetryRefusal.AttemptsUsedUp, first.Attempts[0].RetryRefusal);
        Assert.Equal((ContinuationKind.Refuse, ContinuationRefusal.NoAttempt), (second.Attempts[0].Continuation, second.Attempts[0].ContinuationRefusal));
        Assert.Equal((QueueReason.Instance, 0.0), (second.QueuedFor, second.QueuedMs));
    }

    [Fact]
    public void A_client_that_left_a_broken_stream_is_no_refusal()
    {
        var life = new LifecycleFixture();
        var attempt = life.Bind();
        life.Request.TokensPassed(attempt, 1, life.Now);
        life.Request.AttemptEnded(attempt, Broken(AttemptCause.EpochLost, ContinuationKind.Continue) with { CanContinue = true }, life.Now, life.Random);
        life.Request.Cancel(life.Now);

        Assert.Equal((ContinuationKind.Continue, null), (life.Request.Describe(life.Now).Attempts[0].Continuation, life.Request.Describe(life.Now).Attempts[0].ContinuationRefusal));
    }

    [Fact]
    public void What_waited_says_since_when_and_for_what_in_the_end()
    {
        var life = new LifecycleFixture();
        life.Pass(5);
        life.Request.Queue(QueueReason.Turn, life.Now);
        life.Pass(20);
        life.Request.Queue(QueueReason.Room, life.Now);
        var waiting = life.Request.Describe(life.Now);
        life.Pass(30);
        var attempt = life.Bind();
        var bound = life.Request.Describe(life.Now);
        life.End(attempt, AttemptCause.EpochLost);
        life.Bind();
        var again = life.Request.Describe(life.Now);

        Assert.Equal((QueueReason.Room, 5.0), (waiting.QueuedFor, waiting.QueuedMs));
        Assert.Equal((null, null), (bound.QueuedFor, bound.QueuedMs));
        Assert.Equal((QueueReason.Room, 5.0, 55.0), (bound.Attempts[0].QueuedFor, bound.Attempts[0].QueuedMs, bound.Attempts[0].BoundMs));
        Assert.Equal((null, null), (again.Attempts[1].QueuedFor, again.Attempts[1].QueuedMs));
    }

    private static AttemptEnd Broken(AttemptCause cause, ContinuationKind kind) => new(cause, LegKind.Decode) { Continuation = kind };
}
