using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Ports;
using Krewe.Gateway.Errors;

namespace Krewe.Gateway.Control.Engines;

/// <summary>What engines and their agents ask of the fleet, over whatever protocol: each is done, or refused by an error.</summary>
internal sealed class EngineCommands(FleetServices fleet, IActors actors, PoolFinder pools, ControlOptions options)
{
    /// <exception cref="TimeoutException">The fleet did not answer in time; whether it did what was asked is not known.</exception>
    public async ValueTask<(RegisterReply? Reply, ApiError? Refusal)> RegisterAsync(InstanceId id, Registration registration, CancellationToken cancellationToken)
    {
        var (pool, unknown) = await pools.FindAsync(id.Pool, registration, cancellationToken);
        if (pool is null)
        {
            return (null, unknown);
        }

        if (RegistrationRule.Check(pool, registration) is { } fault)
        {
            return (null, Refusal(fault));
        }

        var reply = await actors.Instance(id).RegisterAsync(registration).Within(options.CallTimeout, fleet.Time, cancellationToken);
        return reply.Verdict switch
        {
            InstanceVerdict.NameInUse => (null, ApiErrors.NameInUse(id, TimeSpan.FromSeconds(1))),
            InstanceVerdict.StaleIncarnation => (null, ApiErrors.StaleIncarnation(id)),
            InstanceVerdict.Drained => (null, ApiErrors.Drained(id)),
            _ => (reply, null),
        };
    }

    /// <exception cref="TimeoutException">The fleet did not answer in time.</exception>
    public async ValueTask<(HeartbeatReply? Reply, ApiError? Refusal)> HeartbeatAsync(InstanceId id, HeartbeatCommand command, CancellationToken cancellationToken)
    {
        if (!IsPoolKnown(id))
        {
            return (null, ApiErrors.UnknownInstance(id));
        }

        var reply = await actors.Instance(id).HeartbeatAsync(command).Within(options.CallTimeout, fleet.Time, cancellationToken);
        if (RefusalOf(reply.Verdict, id) is { } refusal)
        {
            return (null, refusal);
        }

        // A drained incarnation may have a successor, whose state is not its business.
        return (reply.Verdict is InstanceVerdict.Drained ? reply with { Liveness = Liveness.Removed, Admin = AdminState.Drained } : reply, null);
    }

    /// <exception cref="TimeoutException">The fleet did not answer in time; whether it did what was asked is not known.</exception>
    public async ValueTask<(InstanceVerdict Verdict, ApiError? Refusal)> DeleteAsync(InstanceId id, IncarnationId incarnation, CancellationToken cancellationToken)
    {
        if (!IsPoolKnown(id))
        {
            return (InstanceVerdict.UnknownInstance, ApiErrors.UnknownInstance(id));
        }

        var verdict = await actors.Instance(id).DeleteAsync(incarnation).Within(options.CallTimeout, fleet.Time, cancellationToken);
        return (verdict, RefusalOf(verdict, id));
    }

    /// <exception cref="TimeoutException">The fleet did not answer in time; whether it did what was asked is not known.</exception>
    public async ValueTask<(InstanceVerdict Verdict, ApiError? Refusal)> AdministerAsync(InstanceId id, AdminCommand command, CancellationToken cancellationToken)
    {
        if (!IsPoolKnown(id))
        {
            return (InstanceVerdict.UnknownInstance, ApiErrors.UnknownInstance(id));
        }

        var verdict = await actors.Instance(id).AdministerAsync(command).Within(options.CallTimeout, fleet.Time, cancellationToken);
        return (verdict, RefusalOf(verdict, id));
    }

    private static ApiError Refusal(RegistrationFault fault) => fault.Kind is RegistrationFaultKind.PoolClosed
        ? ApiErrors.PoolClosed($"{char.ToUpperInvariant(fault.Message[0])}{fault.Message[1..]}.")
        : ApiErrors.InvalidRequest($"{fault.Field} {fault.Message}.", fault.Field);

    private static ApiError? RefusalOf(InstanceVerdict verdict, InstanceId id) => verdict switch
    {
        InstanceVerdict.UnknownInstance => ApiErrors.UnknownInstance(id),
        InstanceVerdict.StaleIncarnation => ApiErrors.StaleIncarnation(id),
        _ => null,
    };

    // Names of no pool wake no actor.
    private bool IsPoolKnown(InstanceId id) => fleet.View.Find(id.Pool)?.Definition is not null;
}
