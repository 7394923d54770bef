using Krewe.Core.Identity;
using Krewe.Core.Requests;
using Krewe.Fleet.Requests;

namespace Krewe.Fleet.Local;

internal sealed class LocalRequestRef(LocalActorHost host, RequestId id) : IRequestRef
{
    private LocalActivation<RequestActor>? _activation;

    public ValueTask<RequestStep> StartAsync(RequestSpec spec)
    {
        _activation = host.OpenRequest(id);
        return Leave(_activation.CallAsync(spec, static (actor, argument) => actor.StartAsync(argument)));
    }

    public ValueTask<RequestStep> AttemptFailedAsync(AttemptReport report) =>
        Find() is { } activation
            ? Leave(activation.CallAsync(report, static (actor, argument) => actor.AttemptFailedAsync(argument)))
            : ValueTask.FromResult(RequestStep.End(RequestOutcome.EngineError));

    public ValueTask PrefillDoneAsync(int attempt) => OneWay(attempt, static (actor, argument) => actor.PrefillDone(argument));

    public ValueTask FirstTokenAsync(int attempt) => OneWay(attempt, static (actor, argument) => actor.FirstToken(argument));

    public async ValueTask EndAsync(RequestEnd end)
    {
        await OneWay(end, static (actor, argument) => actor.End(argument));
        Close();
    }

    public async ValueTask<RequestDescription?> DescribeAsync() =>
        (Find() is { } activation ? await activation.CallAsync(true, static (actor, _) => ValueTask.FromResult(actor.Describe())) : null)
        ?? host.FindEnded(id);

    // A request that is over is not kept, whether or not it is ended as well.
    private ValueTask<RequestStep> Leave(ValueTask<RequestStep> call)
    {
        if (!call.IsCompletedSuccessfully)
        {
            return LeaveAsync(call);
        }

        var step = call.Result;
        if (step.Binding is null)
        {
            Close();
        }

        return ValueTask.FromResult(step);
    }

    private async ValueTask<RequestStep> LeaveAsync(ValueTask<RequestStep> call)
    {
        var step = await call;
        if (step.Binding is null)
        {
            Close();
        }

        return step;
    }

    private void Close()
    {
        _activation = null;
        host.CloseRequest(id);
    }

    private LocalActivation<RequestActor>? Find() => _activation ?? host.FindRequest(id);

    private ValueTask OneWay<TArgument>(TArgument argument, Action<RequestActor, TArgument> turn)
    {
        if (Find() is not { } activation)
        {
            return ValueTask.CompletedTask;
        }

        var call = activation.CallAsync((argument, turn), static (actor, state) =>
        {
            state.turn(actor, state.argument);
            return ValueTask.FromResult(true);
        });
        return call.IsCompletedSuccessfully ? ValueTask.CompletedTask : new ValueTask(call.AsTask());
    }
}
