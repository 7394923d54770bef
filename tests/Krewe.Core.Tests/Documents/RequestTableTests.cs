using Krewe.Core.Identity;
using Krewe.Core.Requests;
using Krewe.Core.Tests.Requests;
using Krewe.Testing;

namespace Krewe.Core.Tests.Documents;

/// <summary>The table and the diagram of a request's life in src/README.md are what <see cref="RequestLifecycle"/> does.</summary>
public sealed class RequestTableTests
{
    private const string Document = "src/README.md";
    private const string Shown = "Decoding (shown)";

    [Fact]
    public void A_requests_life_is_told_as_it_is()
    {
        var table = new StateTable("Admitted", "Queued", "Bound", "Prefilling", Shown, "Completed");
        Step("waits for room", "no room", life => life.Request.Queue(QueueReason.Room, life.Now));
        Step("bound, reserved", "bind", life => life.Request.Bind(LifecycleFixture.Pair, life.Now, out _));
        Step("engine called", "called", life => life.Request.PrefillStarted(Running(life), life.Now));
        Step("prefill done", "", life => life.Request.PrefillDone(Running(life), life.Now));
        Step("first token", "first token", life => life.Request.FirstToken(Running(life), life.Now));
        End("attempt ends: whole answer", "whole answer", new AttemptEnd(AttemptCause.Completed));
        End("attempt ends: instance lost, connection broken, silent", "failover", new AttemptEnd(AttemptCause.EpochLost));
        End("the same, and the stream can go on", "continued", new AttemptEnd(AttemptCause.EpochLost, CanContinue: true), Shown);
        End("attempt ends: 5xx, 429, 503", "retry", new AttemptEnd(AttemptCause.EngineError));
        End("the same, and the stream can go on", "continued", new AttemptEnd(AttemptCause.EngineError, CanContinue: true), Shown);
        End("the same, budget or attempts used up", "used up", new AttemptEnd(AttemptCause.EngineError, CanContinue: true), null, attempts: 1);
        End("attempt ends: other 4xx", "rejected", new AttemptEnd(AttemptCause.EngineRejected));
        End("attempt of another number ends", "", new AttemptEnd(AttemptCause.EngineError), null, stale: true);
        Step("nothing but the end is missing", "end written here", life => life.Request.CompleteBroken(Running(life), new AttemptEnd(AttemptCause.StreamBroken), life.Now));
        Step("no instance, full queue, silo drains", "refused", life => life.Request.Fail(RequestOutcome.NoInstance, life.Now));
        Step("deadline", "deadline", life =>
        {
            life.Pass(10_000);
            return life.Request.Expire(life.Now);
        });
        Step("client leaves", "client gone", life => life.Request.Cancel(life.Now));

        DocumentBlock.Check(Document, "request", table.Table("What happens"));
        DocumentBlock.Check(Document, "request diagram", table.Diagram("Admitted", state => state.Split(' ')[0]));

        void Step(string text, string label, Func<LifecycleFixture, StepResult> happens) => table.Event(text, label, state =>
        {
            var life = In(state);
            var before = life.Request.Phase;
            return Told(state, before, life, happens(life) == StepResult.Applied);
        });

        void End(string text, string label, AttemptEnd end, string? only = null, int attempts = 4, bool stale = false) => table.Event(text, label, state =>
        {
            if (only is not null && state != only)
            {
                return null;
            }

            if (end.Cause.IsFailover())
            {
                // What is told of one holds for all of them.
                Assert.Single(Enum.GetValues<AttemptCause>().Where(AttemptCauseFacts.IsFailover).Select(cause => Ended(end with { Cause = cause })).Distinct());
            }

            return Ended(end);

            StateTable.Outcome Ended(AttemptEnd how)
            {
                var life = In(state, attempts);
                var before = life.Request.Phase;
                var attempt = stale ? Running(life) with { Number = 9 } : Running(life);
                var next = life.Request.AttemptEnded(attempt, how, life.Now, life.Random);
                var told = Told(state, before, life, next.Kind is not (NextStepKind.Stale or NextStepKind.AlreadyEnded));
                return next.IsAnotherAttempt && next.Delay > TimeSpan.Zero ? told with { Text = $"{told.Text}, after a backoff" }
                    : state == Shown && only is null && next.Kind == NextStepKind.Fail && label is "failover" or "retry" ? told with { Label = "cannot go on" }
                    : told;
            }
        });
    }

    private static StateTable.Outcome Told(string state, RequestPhase before, LifecycleFixture life, bool applied)
    {
        var phase = life.Request.Phase;
        return !applied ? new StateTable.Outcome("–")
            : phase == before ? new StateTable.Outcome("noted")
            : new StateTable.Outcome(
                life.Request.Outcome is { } outcome && phase != RequestPhase.Completed ? $"{phase}: {outcome.MetricTag()}" : phase.ToString(),
                phase == RequestPhase.Decoding ? Shown : phase.ToString());
    }

    private static AttemptId Running(LifecycleFixture life) =>
        life.Request.Current?.Id ?? new AttemptId(life.Request.Terms.Id, 1);

    private static LifecycleFixture In(string state, int attempts = 4)
    {
        var life = new LifecycleFixture(attempts: attempts);
        var request = life.Request;
        if (state == "Queued")
        {
            request.Queue(QueueReason.Room, life.Now);
        }
        else if (state != "Admitted")
        {
            var attempt = life.Bind();
            if (state != "Bound")
            {
                request.PrefillStarted(attempt, life.Now);
            }

            if (state is Shown or "Completed")
            {
                request.FirstToken(attempt, life.Now);
            }

            if (state == "Completed")
            {
                request.Complete(attempt, life.Now, life.Random);
            }
        }

        Assert.Equal(state.Split(' ')[0], request.Phase.ToString());
        return life;
    }
}
