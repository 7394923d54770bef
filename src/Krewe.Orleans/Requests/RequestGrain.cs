using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Core.Time;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Requests;
using Orleans.Concurrency;
using Orleans.GrainDirectory;
using Orleans.Placement;

namespace Krewe.Orleans.Requests;

/// <summary>
/// Hosts a <see cref="RequestActor"/> on the silo that asked for it, from its start to its end. It stores nothing, and is
/// known to its silo only (<see cref="SiloGrainDirectory"/>), so that opening a request asks no other silo anything.
/// </summary>
/// <remarks>
/// Reentrant: the actor waits for instances, for room and for backoffs, and must be ended meanwhile; after each of these
/// it looks again whether its life is over.
/// </remarks>
[GrainType(Kind)]
[PreferLocalPlacement]
[GrainDirectory(SiloGrainDirectory.Name)]
[Reentrant]
[Immovable]
internal sealed class RequestGrain(FleetServices services, IActors actors) : Grain, IRequestGrain
{
    /// <summary>The kind of grain, as Orleans' addresses name it.</summary>
    public const string Kind = "krewe.request";

    // What the gateway may need after the deadline, to tell how it ended.
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    private RequestActor? _actor;

    private RequestId Id => RequestId.TryParse(this.GetPrimaryKeyString(), out var id)
        ? id
        : throw new InvalidOperationException($"'{this.GetPrimaryKeyString()}' is not a request's id.");

    public async ValueTask<RequestStep> StartAsync(RequestSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Claim is { } claim && !claim.TryTake())
        {
            // It came too late: the silo runs the request without a grain.
            DeactivateOnIdle();
            return RequestStep.End(RequestOutcome.InternalError);
        }

        _actor ??= new RequestActor(Id, actors, services);

        // A stream may run for long without a call: the grain must not be collected under it.
        DelayDeactivation(spec.Deadline.Remaining(services.Time.GetMonotonic()) + Grace);
        return Leave(await _actor.StartAsync(spec));
    }

    public async ValueTask<RequestStep> AttemptFailedAsync(AttemptReport report) => Leave(_actor is { } actor
        ? await actor.AttemptFailedAsync(report)
        : RequestStep.End(services.EndedRequests.Find(Id)?.Outcome ?? RequestOutcome.InternalError));

    public ValueTask PrefillDoneAsync(int attempt)
    {
        KnownOrLeave()?.PrefillDone(attempt);
        return ValueTask.CompletedTask;
    }

    public ValueTask FirstTokenAsync(int attempt)
    {
        KnownOrLeave()?.FirstToken(attempt);
        return ValueTask.CompletedTask;
    }

    public ValueTask EndAsync(RequestEnd end)
    {
        _actor?.End(end);
        DeactivateOnIdle();
        return ValueTask.CompletedTask;
    }

    public ValueTask<RequestDescription?> DescribeAsync() => ValueTask.FromResult(
        KnownOrLeave()?.Describe() ?? services.EndedRequests.Find(Id));

    /// <summary>A request that nobody ended gives back what it holds.</summary>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        var (outcome, cause) = reason.ReasonCode == DeactivationReasonCode.ShuttingDown
            ? (RequestOutcome.Draining, AttemptCause.SiloDraining)
            : (RequestOutcome.InternalError, AttemptCause.InternalError);
        _actor?.End(new RequestEnd(outcome, cause, LegKind.Whole, 0));
        return Task.CompletedTask;
    }

    private RequestStep Leave(RequestStep step)
    {
        if (step.Binding is null)
        {
            DeactivateOnIdle();
        }

        return step;
    }

    // A call that comes for a request that never was, or is over, must not leave an empty grain behind.
    private RequestActor? KnownOrLeave()
    {
        if (_actor is null)
        {
            DeactivateOnIdle();
        }

        return _actor;
    }
}
