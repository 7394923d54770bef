using Krewe.Core.Admission;
using Krewe.Core.Bypass;
using Krewe.Core.Identity;
using Krewe.Core.Instances.Breaking;
using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Core.Retry;
using Krewe.Core.Time;
using Krewe.Fleet.Admission;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Krewe.Fleet.View;

namespace Krewe.Fleet.Requests;

/// <summary>
/// One request, on the silo whose socket it serves. It routes on this silo's view, binds and reserves with the instances'
/// actors, holds the binding, and gives everything back. What follows a failure is decided by <see cref="RequestLifecycle"/>.
/// </summary>
/// <remarks>Its turns interleave where it waits (for an instance's answer, for room, for a backoff), so that it can be ended meanwhile.</remarks>
public sealed partial class RequestActor
{
    private readonly RequestId _id;
    private readonly IActors _actors;
    private readonly FleetServices _services;
    private RequestLifecycle? _life;
    private RequestSpec? _spec;
    private PoolSlot? _slot;
    private CancellationTokenSource? _over;
    private bool _closed;
    private Monotonic? _firstTokenAt;
    private DateTimeOffset _admittedAt;

    public RequestActor(RequestId id, IActors actors, FleetServices services)
    {
        _id = id;
        _actors = actors;
        _services = services;
    }

    /// <summary>Why its host did not open it; null where it did.</summary>
    public BypassCause? Unhosted { get; init; }

    private Monotonic Now => _services.Time.GetMonotonic();

    public ValueTask<RequestStep> StartAsync(RequestSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (_life is not null)
        {
            throw new InvalidOperationException($"The request {_id} was started before.");
        }

        if (_services.View.Find(spec.Pool) is not { Definition: { } definition } slot)
        {
            return ValueTask.FromResult(RequestStep.End(RequestOutcome.ModelNotFound));
        }

        _spec = spec;
        _slot = slot;
        var terms = new RequestTerms
        {
            Id = _id,
            Pool = spec.Pool,
            Tenant = spec.Tenant,
            Model = spec.Model,
            Streaming = spec.Stream,
            Deadline = spec.Deadline,
            Retry = definition.Retry,
        };
        _life = new RequestLifecycle(terms, slot.Budget, Now);
        _admittedAt = _services.Time.GetUtcNow();
        _services.Instruments.OnRequestStarted(spec.Pool);
        if (slot.RefusesNew)
        {
            return ValueTask.FromResult(Close(RequestOutcome.NoInstance));
        }

        return BindAsync(isFirst: true);
    }

    public async ValueTask<RequestStep> AttemptFailedAsync(AttemptReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (_life is null || _life.Outcome is not null)
        {
            return RequestStep.End(_life?.Outcome ?? RequestOutcome.InternalError);
        }

        report = Named(report);
        var attempt = new AttemptId(_id, report.Attempt);
        _life.TokensPassed(attempt, report.TokensSent, Now);
        var (leg, binding) = (Blame(report), _life.Current?.Binding);
        var next = _life.AttemptEnded(attempt, End(report, leg), Now, _services.Random);
        if (next.Kind == NextStepKind.Stale)
        {
            throw new InvalidOperationException($"Attempt {report.Attempt} of {_id} is not the running one.");
        }

        _services.Instruments.OnAttemptEnded(_spec!.Pool, report.Cause);
        Avoid(binding!, report.Cause, leg);
        NoteStall(binding!, report.Cause, leg);
        ReleaseFailed(report.Cause, leg, next);
        if (!next.IsAnotherAttempt)
        {
            if (_life.Refusal is { } refusal)
            {
                _services.Instruments.OnRetryRefused(_spec.Pool, refusal);
            }

            return Close(next.Outcome!.Value);
        }

        _services.Instruments.OnRetry(_spec.Pool, report.Cause);

        if (next.Delay > TimeSpan.Zero)
        {
            await PauseAsync(next.Delay);
        }

        if (_life.Outcome is { } ended)
        {
            ReleaseAll(AttemptCause.ClientGone, LegKind.Whole);
            return Close(ended);
        }

        return await BindAsync(isFirst: false);
    }

    public void PrefillDone(int attempt)
    {
        if (_life?.PrefillDone(new AttemptId(_id, attempt), Now) == StepResult.Applied)
        {
            if (_prefill is { } prefill && _epochLost is { } signal)
            {
                AwaitTransfer(prefill, signal);
            }

            ReleasePrefill(AttemptVerdict.Succeeded);
        }
    }

    public void FirstToken(int attempt)
    {
        if (_life?.FirstToken(new AttemptId(_id, attempt), Now) != StepResult.Applied)
        {
            return;
        }

        EndTransfer();
        if (_firstTokenAt is null)
        {
            // A later attempt's first token is not the request's.
            var now = Now;
            _firstTokenAt = now;
            _services.Instruments.OnFirstToken(_spec!.Pool, now - _life.AdmittedAt, _spec.Operation, _spec.Model);
        }
    }

    /// <summary>Ends the request; what comes after changes nothing.</summary>
    public void End(RequestEnd end)
    {
        ArgumentNullException.ThrowIfNull(end);
        if (_life is null || _life.Outcome is not null)
        {
            return;
        }

        if (_life.Current is { } current)
        {
            _life.TokensPassed(current.Id, end.TokensSent, Now);
            _services.Instruments.OnAttemptEnded(_spec!.Pool, end.Cause);
        }

        if (end.Outcome == RequestOutcome.Completed && _life.Current is { } finished)
        {
            if (end.Cause == AttemptCause.Completed)
            {
                // An answer in one piece has its first token here; and word of another's, one way, may be lost.
                FirstToken(finished.Id.Number);
                _services.Reservations.Stalled.Served(finished.Binding.Decode.Instance, finished.Binding.Decode.Epoch);
                _life.Complete(finished.Id, Now, _services.Random);
            }
            else
            {
                var broken = (Leg: Blame(new AttemptReport(finished.Id.Number, end.Cause, end.Leg, 0)), finished.Binding);
                _life.CompleteBroken(finished.Id, new AttemptEnd(end.Cause, broken.Leg) { Continuation = ContinuationKind.Finish, Evidence = _epochLost?.Evidence }, Now);
                Avoid(broken.Binding, end.Cause, broken.Leg);
            }
        }
        else if (_life.Current is { } ended && end.Cause.FinalOutcome() == end.Outcome)
        {
            // The cause is the attempt's own: it is booked as such. No attempt follows, for it would change the outcome.
            _life.AttemptEnded(ended.Id, new AttemptEnd(end.Cause, end.Leg) { Evidence = _epochLost?.Evidence }, Now, _services.Random);
        }

        if (_life.Outcome is null)
        {
            _life.Fail(end.Outcome == RequestOutcome.Completed ? RequestOutcome.InternalError : end.Outcome, Now);
        }

        ReleaseAll(end.Cause, end.Leg);
        Close(_life.Outcome!.Value);
    }

    /// <summary>Null before its start.</summary>
    public RequestDescription? Describe() => _life is { } life ? life.Describe(Now) with { AdmittedAt = _admittedAt, Unhosted = Unhosted } : null;

    private RequestStep Close(RequestOutcome outcome)
    {
        if (!_closed)
        {
            _closed = true;
            if (_life!.Outcome is null)
            {
                _life.Fail(outcome, Now);
            }

            _services.EndedRequests.Add(Describe()!);
            if (_life.Attempts.Count == 0)
            {
                _services.Instruments.OnRefused(_spec!.Pool, _life.Outcome!.Value);
            }

            var now = Now;
            _services.Instruments.OnRequestEnded(_spec!.Pool, _life.Outcome!.Value, now - _life.AdmittedAt, _life.TokensSent, _spec.Operation, _spec.Model);
            if (_firstTokenAt is { } first && _spec.Stream && _life is { Outcome: RequestOutcome.Completed, TokensSent: > 1 })
            {
                _services.Instruments.OnStreamCompleted(_spec.Pool, (now - first) / (_life.TokensSent - 1), _spec.Operation, _spec.Model);
            }

            if (_over is { } over)
            {
                _services.CancelAside(over);
            }
        }

        // A race may have ended it otherwise: what the life cycle says is what happened.
        return RequestStep.End(_life!.Outcome!.Value);
    }

    /// <summary>Waits, or until it is known that nothing is to be waited for: then the request is over.</summary>
    private async ValueTask PauseAsync(TimeSpan pause)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_spec!.ClientGone, (_over ??= new CancellationTokenSource()).Token);
        try
        {
            await Task.Delay(pause, _services.Time, stop.Token);
        }
        catch (OperationCanceledException)
        {
            _life!.Cancel(Now);
        }
    }

    /// <summary>Binds the next attempt; waits in the pool's queue where there is no room.</summary>
    private async ValueTask<RequestStep> BindAsync(bool isFirst)
    {
        var enteredAt = Now;
        var hasWaited = false;
        var inVain = 0;
        PoolAdmission.Waiter? waiter = null;
        try
        {
            // Whoever waits already comes first.
            if (isFirst && _slot!.Admission.Waiting > 0 && (waiter = Enter(isFirst, QueueReason.Turn)) is null)
            {
                return Close(RequestOutcome.QueueFull);
            }

            while (true)
            {
                if (waiter is not null)
                {
                    if (TryPace.After(inVain) is { Ticks: > 0 } pause)
                    {
                        hasWaited = true;
                        await PauseAsync(pause);
                    }

                    var turn = WaitAsync(waiter);
                    hasWaited |= !turn.IsCompleted;
                    if (await turn is { } over)
                    {
                        return Close(over);
                    }
                }

                var (result, step) = await TryBindAsync();
                if (result == BindResult.Bound)
                {
                    if (waiter is not null)
                    {
                        _services.Instruments.OnQueueLeft(_spec!.Pool, Now - enteredAt);
                    }

                    return step!;
                }

                if (result == BindResult.Ended)
                {
                    return Close(_life!.Outcome!.Value);
                }

                inVain = result == BindResult.Refused ? inVain + 1 : 0;

                if (result == BindResult.NoInstance)
                {
                    // A client that has not waited yet is told at once, so that it can go elsewhere. Whom we took in waits for
                    // an instance to come back, and holds up nobody who needs another.
                    if (isFirst && !hasWaited)
                    {
                        return Close(RequestOutcome.NoInstance);
                    }

                    waiter?.Pass();
                }

                var reason = result == BindResult.NoInstance ? QueueReason.Instance : QueueReason.Room;
                if (waiter is null)
                {
                    waiter = Enter(isFirst, reason);
                }
                else
                {
                    _life!.Queue(reason, Now);
                }

                if (waiter is null)
                {
                    return Close(RequestOutcome.QueueFull);
                }
            }
        }
        finally
        {
            waiter?.Dispose();
        }
    }

    /// <summary>A request that had an attempt is never refused: it was taken in, and its deadline alone ends its wait.</summary>
    private PoolAdmission.Waiter? Enter(bool isFirst, QueueReason reason)
    {
        var pool = _slot!.Definition!;
        var waiter = isFirst
            ? _slot.Admission.TryEnter(Deadline.Min(_spec!.Deadline, Deadline.In(pool.QueueMaxWait, Now)), pool.QueueLimit)
            : _slot.Admission.Resume(_spec!.Deadline);
        if (waiter is not null)
        {
            _life!.Queue(reason, Now);
        }

        return waiter;
    }

    /// <summary>Null when it is this request's turn; else how it ended.</summary>
    private async ValueTask<RequestOutcome?> WaitAsync(PoolAdmission.Waiter waiter)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_spec!.ClientGone, (_over ??= new CancellationTokenSource()).Token);
        try
        {
            if (await waiter.NextTurnAsync(stop.Token) == AdmissionTurn.Try)
            {
                return _life!.Outcome;
            }

            return _life!.Outcome ?? (_spec.Deadline.IsOver(Now) ? RequestOutcome.DeadlineExceeded : RequestOutcome.Overloaded);
        }
        catch (OperationCanceledException)
        {
            _life!.Cancel(Now);
            return _life.Outcome;
        }
    }
}
