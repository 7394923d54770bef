using Krewe.Core.Time;

namespace Krewe.Fleet.Local;

/// <summary>One actor in memory, with its mailbox.</summary>
internal sealed class LocalActivation<TActor>(TActor actor, Mailbox mailbox, TimeProvider time, Func<TActor, ValueTask>? activate)
    where TActor : class
{
    private readonly Lock _gate = new();
    private Task? _ready;
    private long _lastUsedTicks = time.GetMonotonic().Ticks;

    public TActor Actor => actor;

    public Monotonic LastUsed => new(Volatile.Read(ref _lastUsedTicks));

    /// <summary>One turn on the actor; the first call waits for its activation.</summary>
    public ValueTask<TResult> CallAsync<TArgument, TResult>(TArgument argument, Func<TActor, TArgument, ValueTask<TResult>> turn)
    {
        Volatile.Write(ref _lastUsedTicks, time.GetMonotonic().Ticks);
        var ready = activate is null ? Task.CompletedTask : Volatile.Read(ref _ready) ?? Activate();
        return ready.IsCompletedSuccessfully ? Call(argument, turn) : CallWhenReadyAsync(ready, argument, turn);
    }

    private ValueTask<TResult> Call<TArgument, TResult>(TArgument argument, Func<TActor, TArgument, ValueTask<TResult>> turn) =>
        mailbox.CallAsync((actor, argument, turn), static state => state.turn(state.actor, state.argument));

    private async ValueTask<TResult> CallWhenReadyAsync<TArgument, TResult>(Task ready, TArgument argument, Func<TActor, TArgument, ValueTask<TResult>> turn)
    {
        await ready;
        return await Call(argument, turn);
    }

    private Task Activate()
    {
        lock (_gate)
        {
            return _ready ??= mailbox.CallAsync((actor, activate: activate!), static async state =>
            {
                await state.activate(state.actor);
                return true;
            }).AsTask();
        }
    }
}
