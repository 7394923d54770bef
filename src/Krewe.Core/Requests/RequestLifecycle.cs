using Krewe.Core.Bypass;
using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Core.Randomness;
using Krewe.Core.Retry;
using Krewe.Core.Routing;
using Krewe.Core.Time;

namespace Krewe.Core.Requests;

/// <summary>
/// The life of a request: events in, decisions out, no I/O.
/// <code>
/// Admitted ─Queue─▶ Queued ─Bind─▶ Bound ─PrefillStarted─▶ Prefilling ─FirstToken─▶ Decoding ─▶ Completed
///     └────────────Bind──────────────▲ │                       │                        │
///                    Queued ◀── an attempt ended, another follows ──────────────────────┘
/// any ─▶ Failed | Cancelled
/// </code>
/// Exactly one terminal state is reached; after it every event is answered <c>AlreadyEnded</c> and changes nothing. An
/// event that names another attempt than the running one is <c>Stale</c> and changes nothing. Phases may be skipped
/// forwards, where an engine tells less. It enters the pool's retry budget when it is made, takes from it what its
/// retries cost, and gives all back at its end, so every life must be brought to an end. Not safe for many threads: its
/// actor calls it one event at a time.
/// </summary>
public sealed partial class RequestLifecycle
{
    private readonly RetryBudget _budget;
    private readonly List<Attempt> _attempts = new(1);
    private Exclusion[] _exclusions = [];
    private Monotonic _endedAt;
    private AttemptHistory _history;
    private bool _holdsRetry;
    private Monotonic? _queuedAt;
    private QueueReason _queuedFor;
    private bool _shown;

    public RequestLifecycle(RequestTerms terms, RetryBudget budget, Monotonic now)
    {
        ArgumentNullException.ThrowIfNull(terms);
        ArgumentNullException.ThrowIfNull(budget);
        ArgumentOutOfRangeException.ThrowIfLessThan(terms.Retry.Attempts, 1);
        Terms = terms;
        AdmittedAt = now;
        _budget = budget;
        _budget.Enter();
    }

    public RequestTerms Terms { get; }

    public Monotonic AdmittedAt { get; }

    public RequestPhase Phase { get; private set; } = RequestPhase.Admitted;

    /// <summary>How it ended; null while it runs.</summary>
    public RequestOutcome? Outcome { get; private set; }

    /// <summary>Why its last failed attempt was the last; null where it was not, or none failed.</summary>
    public RetryRefusal? Refusal { get; private set; }

    /// <summary>In order; the last one may be running.</summary>
    public IReadOnlyList<Attempt> Attempts => _attempts;

    /// <summary>The running attempt; null between attempts and after the end.</summary>
    public Attempt? Current => Phase.HasAttempt() ? _attempts[^1] : null;

    /// <summary>Incarnations that failed this request, for the next <see cref="RouteQuery"/>.</summary>
    public ReadOnlyMemory<Exclusion> Exclusions => _exclusions;

    /// <summary>Output tokens passed on to the client, over all attempts.</summary>
    public long TokensSent { get; private set; }

    /// <summary>It waits; where it does already, for what is said last.</summary>
    public StepResult Queue(QueueReason reason, Monotonic now)
    {
        if (Outcome is not null || EndIfOver(now))
        {
            return StepResult.AlreadyEnded;
        }

        if (Phase is not (RequestPhase.Admitted or RequestPhase.Queued))
        {
            return StepResult.Stale;
        }

        _queuedAt ??= now;
        _queuedFor = reason;
        Phase = RequestPhase.Queued;
        return StepResult.Applied;
    }

    /// <summary>
    /// Reservations were taken: a new attempt begins. Where it is not <see cref="StepResult.Applied"/> they are to be
    /// released: the request has ended meanwhile (by its deadline too: nothing is dispatched after it), or an attempt runs.
    /// </summary>
    /// <param name="binding">What was bound.</param>
    /// <param name="now">Now.</param>
    /// <param name="attempt">The attempt's id.</param>
    /// <param name="bypass">Why that was done without an instance's actor; null where the actors reserved.</param>
    public StepResult Bind(Binding binding, Monotonic now, out AttemptId attempt, BypassCause? bypass = null)
    {
        ArgumentNullException.ThrowIfNull(binding);
        attempt = default;
        if (Outcome is not null || EndIfOver(now))
        {
            return StepResult.AlreadyEnded;
        }

        if (Phase.HasAttempt())
        {
            return StepResult.Stale;
        }

        attempt = new AttemptId(Terms.Id, _attempts.Count + 1);
        _attempts.Add(new Attempt(attempt, binding, now)
        {
            QueuedAt = _queuedAt,
            QueuedFor = _queuedAt is null ? null : _queuedFor,
            TokensBefore = TokensSent,
            Bypass = bypass,
        });
        _queuedAt = null;
        Phase = RequestPhase.Bound;
        return StepResult.Applied;
    }

    /// <summary>Before anything went to it, the attempt's decode half moved to another instance; the prefill half stays.</summary>
    public StepResult Rebind(AttemptId attempt, InstanceBinding decode)
    {
        ArgumentNullException.ThrowIfNull(decode);
        var result = Check(attempt, RequestPhase.Prefilling);
        if (result is StepResult.Applied)
        {
            var current = _attempts[^1];
            current.Binding = current.Binding with { Decode = decode };
        }

        return result;
    }

    /// <summary>The engine was called.</summary>
    public StepResult PrefillStarted(AttemptId attempt, Monotonic now)
    {
        var result = Check(attempt, RequestPhase.Bound);
        if (result is StepResult.Applied)
        {
            _attempts[^1].PrefillStartedAt = now;
            Phase = RequestPhase.Prefilling;
        }

        return result;
    }

    /// <summary>The prefill instance has answered: its half is done.</summary>
    public StepResult PrefillDone(AttemptId attempt, Monotonic now)
    {
        var result = Check(attempt, RequestPhase.Prefilling);
        if (result is StepResult.Applied)
        {
            _attempts[^1].PrefillDoneAt ??= now;
            Phase = RequestPhase.Prefilling;
        }

        return result;
    }

    /// <summary>The first output came and, where the request streams, went on to the client: from here on the client would notice another attempt.</summary>
    public StepResult FirstToken(AttemptId attempt, Monotonic now)
    {
        var result = Check(attempt, RequestPhase.Decoding);
        if (result is StepResult.Applied)
        {
            _attempts[^1].FirstTokenAt ??= now;
            Phase = RequestPhase.Decoding;
            _shown = Terms.Streaming;
        }

        return result;
    }

    /// <summary>So many more output tokens were passed on to the client.</summary>
    public StepResult TokensPassed(AttemptId attempt, long tokens, Monotonic now)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        if (tokens == 0)
        {
            return Check(attempt, RequestPhase.Decoding);
        }

        var result = FirstToken(attempt, now);
        if (result is StepResult.Applied)
        {
            _attempts[^1].TokensSent += tokens;
            TokensSent += tokens;
        }

        return result;
    }

    /// <summary>
    /// The running attempt ended. Its reservations are to be released whatever the answer, which says what follows;
    /// where another attempt follows, what failed is among the <see cref="Exclusions"/>.
    /// </summary>
    public NextStep AttemptEnded(AttemptId attempt, AttemptEnd end, Monotonic now, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        switch (Check(attempt, RequestPhase.Decoding))
        {
            case StepResult.AlreadyEnded:
                return NextStep.AlreadyEnded(Outcome!.Value);
            case StepResult.Stale:
                return NextStep.Stale;
        }

        CloseAttempt(end.Cause, end.Leg, now);
        Note(end);
        _history = _history.With(end.Cause, _attempts[^1].FirstTokenAt is not null);
        var next = RetryRule.Decide(Terms, end, _history, _shown, Terms.Deadline.Remaining(now), random, out var refusal);
        if (next.IsAnotherAttempt && end.Cause.ChargesBudget() && !(_holdsRetry = _budget.TryTake(Terms.Retry)))
        {
            next = NextStep.Fail(end.Cause.FinalOutcome());
            refusal = RetryRefusal.BudgetUsedUp;
        }

        Refusal = refusal;
        Note(next);
        if (next.Outcome is { } outcome)
        {
            Terminate(outcome, now);
        }
        else
        {
            Exclude(_attempts[^1]);
            Phase = RequestPhase.Queued;
        }

        return next;
    }

    /// <summary>The running attempt brought the whole answer.</summary>
    public NextStep Complete(AttemptId attempt, Monotonic now, IRandomSource random) =>
        AttemptEnded(attempt, new AttemptEnd(AttemptCause.Completed), now, random);

    /// <summary>The running attempt broke, but the client has the whole answer: nothing else is to follow.</summary>
    public StepResult CompleteBroken(AttemptId attempt, AttemptEnd end, Monotonic now)
    {
        var result = Check(attempt, RequestPhase.Decoding);
        if (result is StepResult.Applied)
        {
            CloseAttempt(end.Cause, end.Leg, now);
            Note(end);
            Terminate(RequestOutcome.Completed, now);
        }

        return result;
    }

    /// <summary>The client left.</summary>
    public StepResult Cancel(Monotonic now) => End(RequestOutcome.ClientGone, AttemptCause.ClientGone, now);

    /// <summary>The deadline's timer went off. <see cref="StepResult.Stale"/> where it is not over yet.</summary>
    public StepResult Expire(Monotonic now) =>
        Outcome is not null ? StepResult.AlreadyEnded
        : EndIfOver(now) ? StepResult.Applied
        : StepResult.Stale;

    /// <summary>
    /// It ends without another attempt, for a reason that no attempt gave: no instance, no room, a full queue, this silo's
    /// drain, a fault of our own. The running attempt, if any, ends with it.
    /// </summary>
    public StepResult Fail(RequestOutcome outcome, Monotonic now)
    {
        var cause = outcome switch
        {
            RequestOutcome.Completed => throw new ArgumentException("Only an attempt can complete a request.", nameof(outcome)),
            RequestOutcome.ClientGone => AttemptCause.ClientGone,
            RequestOutcome.DeadlineExceeded => AttemptCause.DeadlineExceeded,
            RequestOutcome.Draining => AttemptCause.SiloDraining,
            _ => AttemptCause.InternalError,
        };
        return End(outcome, cause, now);
    }

    /// <summary>Whether an event that names this attempt, and may come no later than in <paramref name="latest"/>, applies now.</summary>
    private StepResult Check(AttemptId attempt, RequestPhase latest) =>
        Outcome is not null ? StepResult.AlreadyEnded
        : Phase.HasAttempt() && _attempts[^1].Id == attempt && Phase <= latest ? StepResult.Applied
        : StepResult.Stale;

    private bool EndIfOver(Monotonic now)
    {
        var over = Terms.Deadline.IsOver(now);
        if (over)
        {
            End(RequestOutcome.DeadlineExceeded, AttemptCause.DeadlineExceeded, now);
        }

        return over;
    }

    private StepResult End(RequestOutcome outcome, AttemptCause cause, Monotonic now)
    {
        if (Outcome is not null)
        {
            return StepResult.AlreadyEnded;
        }

        if (Phase.HasAttempt())
        {
            CloseAttempt(cause, null, now);
        }

        Terminate(outcome, now);
        return StepResult.Applied;
    }

    private void CloseAttempt(AttemptCause cause, LegKind? leg, Monotonic now)
    {
        var current = _attempts[^1];
        current.EndedAt = now;
        current.Cause = cause;
        current.FailedLeg = cause is AttemptCause.Completed ? null : leg;
        ReturnRetry();
    }

    private void Terminate(RequestOutcome outcome, Monotonic now)
    {
        NoteEnd(outcome);

        // A retry may have been taken for an attempt that was never bound.
        ReturnRetry();
        Outcome = outcome;
        Phase = outcome.TerminalPhase();
        _endedAt = now;
        _budget.Exit();
    }

    private void ReturnRetry()
    {
        if (_holdsRetry)
        {
            _holdsRetry = false;
            _budget.Return();
        }
    }

    private void Exclude(Attempt failed)
    {
        var binding = failed.Binding;

        // A failed transfer is the pair's fault: with either half left, the same pair could come again.
        if (failed.FailedLeg is not LegKind.Decode || failed.Cause is AttemptCause.TransferFailed)
        {
            Exclude(binding.Prefill);
        }

        if (binding.IsDisaggregated && (failed.FailedLeg is not LegKind.Prefill || failed.Cause is AttemptCause.TransferFailed))
        {
            Exclude(binding.Decode);
        }
    }

    private void Exclude(InstanceBinding half)
    {
        var exclusion = new Exclusion(half.Instance, half.Epoch);
        if (!_exclusions.Contains(exclusion))
        {
            _exclusions = [.. _exclusions, exclusion];
        }
    }
}
