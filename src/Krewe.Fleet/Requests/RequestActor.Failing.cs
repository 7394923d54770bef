using Krewe.Core.Load;
using Krewe.Core.Requests;

namespace Krewe.Fleet.Requests;

/// <content>What the end of an attempt says of its instances, and what of it is kept for the next one.</content>
public sealed partial class RequestActor
{
    /// <summary>A decode half waits no longer than this for another prefill half.</summary>
    private static readonly TimeSpan KeepWithin = TimeSpan.FromMilliseconds(100);

    /// <summary>The gateway was told to let go, not why: where the engine has stalled, that is what its breaker is to hear.</summary>
    private AttemptReport Named(AttemptReport report) =>
        report.Cause == AttemptCause.EpochLost && _epochLost is { IsStalled: true } && _life!.Current is { } current
            ? report with { Cause = AttemptCause.IdleTimeout, Leg = current.Binding.IsDisaggregated ? LegKind.Decode : LegKind.Whole }
            : report;

    /// <summary>Silence within an answer says that whoever waits there for a first token may wait in vain.</summary>
    private void NoteStall(Binding binding, AttemptCause cause, LegKind leg)
    {
        if (cause == AttemptCause.IdleTimeout && leg != LegKind.Prefill)
        {
            _services.Reservations.Stalled.Stalled(binding.Decode.Instance, binding.Decode.Epoch, Now);
        }
    }

    /// <summary>The gateway knows that an epoch was lost, not whose: the view does.</summary>
    private LegKind Blame(AttemptReport report)
    {
        if (report.Cause != AttemptCause.EpochLost || _life!.Current is not { Binding: { IsDisaggregated: true } binding })
        {
            return report.Leg;
        }

        return (IsLost(binding.Prefill), IsLost(binding.Decode)) switch
        {
            (true, false) => LegKind.Prefill,
            (false, true) => LegKind.Decode,
            (true, true) => LegKind.Whole,
            _ => report.Leg,
        };
    }

    private AttemptEnd End(AttemptReport report, LegKind leg) => new(report.Cause, leg, report.CanContinue)
    {
        Continuation = report.Continuation,
        ContinuationRefusal = report.ContinuationRefusal,
        Evidence = _epochLost?.Evidence,
    };

    /// <summary>Others of this silo are not to run into the same at once.</summary>
    private void Avoid(Binding binding, AttemptCause cause, LegKind leg)
    {
        var options = _services.Options;
        if (cause == AttemptCause.TransferFailed)
        {
            if (binding.IsDisaggregated)
            {
                _slot!.Avoid.AvoidPair(binding, Now + options.AvoidPair, Now);
            }

            return;
        }

        var span = cause switch
        {
            AttemptCause.EngineOverloaded => options.AvoidOverloaded,
            AttemptCause.ConnectTimeout or AttemptCause.IdleTimeout => options.AvoidFailed,
            _ => cause.IsConnectionFailure() ? options.AvoidFailed : TimeSpan.Zero,
        };
        if (span > TimeSpan.Zero)
        {
            _slot!.Avoid.Avoid(leg == LegKind.Prefill ? binding.Prefill : binding.Decode, Now + span, Now);
        }
    }

    /// <summary>Gives back what the attempt held. Its decode half stays where only its prefill half failed and another attempt follows at once.</summary>
    private void ReleaseFailed(AttemptCause cause, LegKind leg, NextStep next)
    {
        if (leg != LegKind.Prefill
            || cause == AttemptCause.TransferFailed
            || !next.IsAnotherAttempt
            || next.Delay > KeepWithin
            || _decode is not { } decode
            || IsLost(decode.Binding))
        {
            ReleaseAll(cause, leg);
            return;
        }

        if (_prefill is { } prefill)
        {
            _prefill = null;
            Release(prefill, cause.BreakerVerdict(), cause.IsConnectionFailure());
        }

        EndTransfer();

        // What is told late of the attempt that ended must not reach the next one.
        _epochLost = null;
    }
}
