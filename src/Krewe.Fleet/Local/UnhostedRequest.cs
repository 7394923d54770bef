using Krewe.Core.Bypass;
using Krewe.Core.Identity;
using Krewe.Core.Requests;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Requests;

namespace Krewe.Fleet.Local;

/// <summary>
/// A request that its host could not open in time: its actor runs here, in the silo whose socket it serves, with a mailbox of
/// its own. It stores nothing and is called by its gateway alone, so nothing else is lost with the host.
/// </summary>
public sealed class UnhostedRequest : IRequestRef
{
    private readonly RequestId _id;
    private readonly FleetServices _services;
    private readonly LocalActivation<RequestActor> _activation;

    /// <param name="id">The request.</param>
    /// <param name="actors">How its actor reaches others.</param>
    /// <param name="services">What the silo's actors share.</param>
    /// <param name="cause">Why the host did not open it.</param>
    public UnhostedRequest(RequestId id, IActors actors, FleetServices services, BypassCause cause)
    {
        ArgumentNullException.ThrowIfNull(services);
        (_id, _services) = (id, services);
        var mailbox = new Mailbox(new ThreadPoolTurnScheduler(), services.Options.MailboxLimit, _ => services.Instruments.OnTurnFailed());
        _activation = new LocalActivation<RequestActor>(new RequestActor(id, actors, services) { Unhosted = cause }, mailbox, services.Time, null);
        services.Unhosted[id] = this;
    }

    public async ValueTask<RequestStep> StartAsync(RequestSpec spec) =>
        Leave(await _activation.CallAsync(spec, static (actor, argument) => actor.StartAsync(argument)));

    public async ValueTask<RequestStep> AttemptFailedAsync(AttemptReport report) =>
        Leave(await _activation.CallAsync(report, static (actor, argument) => actor.AttemptFailedAsync(argument)));

    public ValueTask PrefillDoneAsync(int attempt) => OneWay(attempt, static (actor, argument) => actor.PrefillDone(argument));

    public ValueTask FirstTokenAsync(int attempt) => OneWay(attempt, static (actor, argument) => actor.FirstToken(argument));

    public async ValueTask EndAsync(RequestEnd end)
    {
        await OneWay(end, static (actor, argument) => actor.End(argument));
        _services.Unhosted.TryRemove(_id, out _);
    }

    public async ValueTask<RequestDescription?> DescribeAsync() =>
        await _activation.CallAsync(true, static (actor, _) => ValueTask.FromResult(actor.Describe())) ?? _services.EndedRequests.Find(_id);

    private RequestStep Leave(RequestStep step)
    {
        if (step.Binding is null)
        {
            _services.Unhosted.TryRemove(_id, out _);
        }

        return step;
    }

    private async ValueTask OneWay<TArgument>(TArgument argument, Action<RequestActor, TArgument> turn) =>
        await _activation.CallAsync((argument, turn), static (actor, state) =>
        {
            state.turn(actor, state.argument);
            return ValueTask.FromResult(true);
        });
}
