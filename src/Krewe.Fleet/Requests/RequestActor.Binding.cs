using Krewe.Core.Bypass;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Instances.Breaking;
using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Core.Routing;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Reservations;

namespace Krewe.Fleet.Requests;

/// <content>Route, bind and reserve; and give back.</content>
public sealed partial class RequestActor
{
    /// <summary>Refusals in a row after which the request waits for news instead of asking on.</summary>
    private const int MaxRefusals = 16;

    private Held? _prefill;
    private Held? _decode;
    private AttemptLeg? _transfer;
    private EpochLostSignal? _epochLost;
    private int _round;

    private enum BindResult
    {
        Bound,

        /// <summary>As far as is known all are full.</summary>
        NoRoom,

        /// <summary>There seemed to be room, and whoever was asked refused.</summary>
        Refused,
        NoInstance,
        Ended,
    }

    private async ValueTask<(BindResult Result, RequestStep? Step)> TryBindAsync()
    {
        var filter = new BindFilter(_life!.Exclusions, _slot!.Avoid.IsEmpty ? [] : _slot.Avoid.Instances(Now), _services.Reach.Of(_slot.Name));
        for (var refusals = 0; refusals < MaxRefusals;)
        {
            if (IsOver())
            {
                ReleaseAll(AttemptCause.ClientGone, LegKind.Whole);
                return (BindResult.Ended, null);
            }

            var route = _services.Router.Route(_slot.View, _slot.RoutingPolicy, _slot.Routing, new RouteQuery(
                _spec!.AllowDisaggregated,
                _spec.PromptTokens,
                _prefill?.Binding,
                filter.Exclusions,
                _decode?.Binding,
                _spec.Prefix));
            if (!route.IsFound && (_prefill ?? _decode) is not null)
            {
                // The kept half went meanwhile, or nobody of its group takes the other: seek both anew.
                ReleasePrefill(AttemptVerdict.Cancelled);
                ReleaseDecode(AttemptVerdict.Cancelled);
                refusals++;
                continue;
            }

            if (!route.IsFound)
            {
                if (filter.Relax(route.Outcome))
                {
                    continue;
                }

                ReleaseAll(AttemptCause.ClientGone, LegKind.Whole);
                return (route.Outcome == RouteOutcome.NoInstance ? BindResult.NoInstance : refusals > 0 ? BindResult.Refused : BindResult.NoRoom, null);
            }

            if (route.IsDisaggregated && !filter.TakesAnyPair && !_slot.Avoid.IsEmpty && _decode is null && _slot.Avoid.IsAvoided(route.Prefill!, route.Decode!, Now))
            {
                filter.AvoidPartner(route.Decode!);
                refusals++;
            }
            else if (await ReserveAsync(route) is { } who)
            {
                refusals++;
                filter.Refused(who);
            }
            else
            {
                return Bound();
            }
        }

        ReleaseAll(AttemptCause.ClientGone, LegKind.Whole);
        return (BindResult.Refused, null);
    }

    private (BindResult Result, RequestStep? Step) Bound()
    {
        var decode = _decode!.Binding;
        var binding = _prefill is { } prefill ? new Binding(prefill.Binding, decode) : Binding.OnOne(decode);
        if (_life!.Bind(binding, Now, out var attempt, _decode.Bypass ?? _prefill?.Bypass) != StepResult.Applied)
        {
            ReleaseAll(AttemptCause.ClientGone, LegKind.Whole);
            return (BindResult.Ended, null);
        }

        _life.PrefillStarted(attempt, Now);
        TeachPrefix(binding);
        return (BindResult.Bound, RequestStep.Serve(attempt, binding, _epochLost!.Pulse, _epochLost.Token));
    }

    /// <summary>Reserves both halves at once; null when both are held, else who refused. A half that is held already is kept while the other is sought on.</summary>
    private async ValueTask<InstanceView?> ReserveAsync(RouteResult route)
    {
        var kept = _decode;
        var isNew = _epochLost is null;
        var signal = _epochLost ??= new EpochLostSignal(_services.CancelAside);
        if (isNew && kept is not null)
        {
            Book(kept, signal);
        }

        _round++;
        if (!route.IsDisaggregated)
        {
            _decode = kept ?? await ReserveAsync(route.Decode!, LegKind.Whole, signal);
            return _decode is null ? route.Decode : null;
        }

        var prefill = _prefill is null ? ReserveAsync(route.Prefill!, LegKind.Prefill, signal) : ValueTask.FromResult<Held?>(_prefill);
        var decode = kept is null ? ReserveAsync(route.Decode!, LegKind.Decode, signal) : ValueTask.FromResult<Held?>(kept);
        _prefill = await prefill;
        _decode = await decode;
        if (_prefill is null)
        {
            if (kept is null)
            {
                ReleaseDecode(AttemptVerdict.Cancelled);
            }

            return route.Prefill;
        }

        return _decode is null ? route.Decode : null;
    }

    private async ValueTask<Held?> ReserveAsync(InstanceView view, LegKind kind, EpochLostSignal signal)
    {
        var leg = new AttemptLeg(new AttemptId(_id, _life!.Attempts.Count + 1), kind, _round);
        var held = new Held(leg, view.ToBinding(), TokensOf(view, kind));
        if (_services.Reach.IsUnreached(view.Id) && TryBypass(view, held, signal, BypassCause.Unreached, out var bypassed))
        {
            return bypassed;
        }

        BindReply reply;
        Task<BindReply>? late = null;
        var within = BindWithin();
        try
        {
            var call = _actors.Instance(view.Id).BindAsync(new BindCommand(leg, view.Epoch, _services.Silo, held.Tokens));
            reply = call.IsCompletedSuccessfully
                ? call.Result
                : await (late = call.AsTask().InTurn()).WaitAsync(within, _services.Time, _spec!.ClientGone);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            if (late is { IsCompleted: false })
            {
                _ = TakeLateAsync(late);
            }

            var wasOurTime = within < _services.Options.BindTimeout && error is TimeoutException;
            if (wasOurTime || IsOver())
            {
                GiveUp(held);
                return null;
            }

            return TryBypass(view, held, signal, error is TimeoutException ? BypassCause.Late : BypassCause.Failed, out bypassed) ? bypassed : null;
        }

        _services.Instruments.OnBind(_spec!.Pool, reply.Outcome);
        if (reply.View is { } truth)
        {
            _services.View.Apply(truth);
            if (reply.Outcome == BindOutcome.Bound)
            {
                _services.Instruments.OnViewSkew(_spec.Pool, Math.Abs(truth.Load.Requests - 1 - view.Load.Requests) / (double)Math.Max(1, truth.Limit));
            }
        }

        if (reply.Outcome != BindOutcome.Bound)
        {
            return null;
        }

        if (_services.Reservations.CountOf(view.Id, view.Epoch) >= (reply.View ?? view).Limit)
        {
            // A new activation, which does not know yet what this silo holds there.
            GiveUp(held);
            return null;
        }

        Book(held, signal);
        return held;
    }

    /// <summary>Whether nothing is to be bound any more: it was ended, its time is over, or its client has gone.</summary>
    private bool IsOver()
    {
        if (_spec!.ClientGone.IsCancellationRequested)
        {
            _life!.Cancel(Now);
        }

        _life!.Expire(Now);
        return _life.Outcome is not null;
    }

    /// <summary>Instances that do not answer must not cost a request more than its own time.</summary>
    private TimeSpan BindWithin()
    {
        // Timers count whole milliseconds: rounded down, the last fraction would be asked for again and again.
        var left = TimeSpan.FromMilliseconds(Math.Ceiling(_spec!.Deadline.Remaining(Now).TotalMilliseconds));
        return left < _services.Options.BindTimeout ? left : _services.Options.BindTimeout;
    }

    /// <summary>From here on the attempt is told where the epoch is lost.</summary>
    private void Book(Held held, EpochLostSignal signal)
    {
        _services.Reservations.Add(new HeldReservation(held.Leg, held.Binding.Instance, held.Binding.Epoch, held.Tokens, signal.OnEpochLost)
        {
            Since = Now,
            Pulse = held.Leg.Kind is LegKind.Prefill ? null : signal.Pulse,
            OnStalled = held.Leg.Kind is LegKind.Prefill ? null : signal.Stall,
        });
        if (IsLost(held.Binding))
        {
            // Lost between the reservation and its booking here: nobody else would tell.
            signal.Raise();
        }
    }

    /// <summary>
    /// The prefill is done; where its instance goes before its KV was fetched, the decode instance waits in vain. An engine
    /// does not say when it has the KV: the first token does, or else a time.
    /// </summary>
    private void AwaitTransfer(Held prefill, EpochLostSignal signal)
    {
        var until = Now + LedgerOptions.Default.TransferLimit;
        _transfer = prefill.Leg;
        _services.Reservations.AwaitTransfer(new HeldReservation(prefill.Leg, prefill.Binding.Instance, prefill.Binding.Epoch, 0, _ => Lost()) { Since = Now });
        if (IsLost(prefill.Binding))
        {
            signal.Raise();
        }

        void Lost()
        {
            if (Now < until)
            {
                signal.Raise();
            }
        }
    }

    private void EndTransfer()
    {
        if (_transfer is { } leg)
        {
            _transfer = null;
            _services.Reservations.TransferEnded(leg);
        }
    }

    private bool IsLost(InstanceBinding half) =>
        _slot!.View.TryGet(half.Instance, out var now) && (now.Epoch != half.Epoch || now.Liveness is Liveness.Suspect or Liveness.Removed);

    private void ReleaseAll(AttemptCause cause, LegKind failed)
    {
        EndTransfer();
        var connectionFailed = cause.IsConnectionFailure();
        if (_prefill is { } prefill)
        {
            _prefill = null;
            var itFailed = failed == LegKind.Prefill;
            Release(prefill, itFailed ? cause.BreakerVerdict() : AttemptVerdict.Cancelled, itFailed && connectionFailed);
        }

        if (_decode is { } decode)
        {
            _decode = null;
            var itsOwn = failed != LegKind.Prefill;
            Release(decode, itsOwn ? cause.BreakerVerdict() : AttemptVerdict.Cancelled, itsOwn && connectionFailed);
        }

        _epochLost = null;
    }

    private void ReleasePrefill(AttemptVerdict verdict)
    {
        if (_prefill is { } held)
        {
            _prefill = null;
            Release(held, verdict, connectionFailed: false);
            ForgetSignal();
        }
    }

    private void ReleaseDecode(AttemptVerdict verdict)
    {
        if (_decode is { } held)
        {
            _decode = null;
            Release(held, verdict, connectionFailed: false);
            ForgetSignal();
        }
    }

    // What was lost was given back: it says nothing of what is reserved next.
    private void ForgetSignal()
    {
        if (_prefill is null && _decode is null)
        {
            _epochLost = null;
        }
    }

    private void Release(Held held, AttemptVerdict verdict, bool connectionFailed)
    {
        var release = new ReleaseCommand(held.Leg, held.Binding.Epoch, verdict, connectionFailed);
        _services.Reservations.Remove(held.Leg);
        _services.Reach.GivenBack(held.Binding.Instance, release, held.Tokens);
        Tell(held.Binding.Instance, release);
    }

    private void Tell(InstanceId instance, ReleaseCommand command)
    {
        var call = _actors.Instance(instance).ReleaseAsync(command);
        if (!call.IsCompletedSuccessfully)
        {
            _ = FinishAsync(call);
        }

        // One way: a release that is lost is made good when nobody re-asserts the reservation.
        async Task FinishAsync(ValueTask release)
        {
            try
            {
                await release;
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                _services.Instruments.OnNoticeLost();
            }
        }
    }

    private sealed record Held(AttemptLeg Leg, InstanceBinding Binding, long Tokens)
    {
        /// <summary>Why it is held without its actor; null where that reserved.</summary>
        public BypassCause? Bypass { get; init; }
    }
}
