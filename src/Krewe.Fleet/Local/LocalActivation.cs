using Krewe.Core.Time;

namespace Krewe.Fleet.Local;

/// <summary>One actor in memory, with its mailbox.</summary>
internal sealed class LocalActivation<TActor>(TActor actor, Mailbox mailbox, TimeProvider time, Func<TActor, ValueTask>? activate)
    where TActor : class
{
    private TaskCompletionSource? _ready;
    private Func<LocalActivation<TActor>>? _successor;
    private long _lastUsedTicks = time.GetMonotonic().Ticks;

    public Monotonic LastUsed => new(Volatile.Read(ref _lastUsedTicks));

    /// <summary>One turn on the actor; the first call waits for its activation.</summary>
    public ValueTask<TResult> CallAsync<TArgument, TResult>(TArgument argument, Func<TActor, TArgument, ValueTask<TResult>> turn)
    {
        Volatile.Write(ref _lastUsedTicks, time.GetMonotonic().Ticks);
        if (activate is null)
        {
            return Call(argument, turn);
        }

        var ready = (Volatile.Read(ref _ready) ?? Activate()).Task;
        return ready.IsCompletedSuccessfully ? Call(argument, turn) : CallWhenReadyAsync(ready, argument, turn);
    }

    /// <summary>Lets the actor go, in one turn, if it is idle. Calls that come later, or wait already, go to its successor.</summary>
    /// <param name="isIdle">Whether nothing would be lost.</param>
    /// <param name="forget">Ends that it is found.</param>
    /// <param name="successor">Who is found then.</param>
    public ValueTask<bool> LetGoAsync(Func<TActor, bool> isIdle, Action forget, Func<LocalActivation<TActor>> successor) =>
        mailbox.CallAsync((self: this, actor, isIdle, forget, successor), static state =>
        {
            if (state.self._successor is not null || !state.isIdle(state.actor))
            {
                return ValueTask.FromResult(false);
            }

            state.forget();
            state.self._successor = state.successor;
            return ValueTask.FromResult(true);
        });

    private ValueTask<TResult> Call<TArgument, TResult>(TArgument argument, Func<TActor, TArgument, ValueTask<TResult>> turn) =>
        mailbox.CallAsync((self: this, actor, argument, turn), static state => state.self._successor is { } successor
            ? successor().CallAsync(state.argument, state.turn)
            : state.turn(state.actor, state.argument));

    private async ValueTask<TResult> CallWhenReadyAsync<TArgument, TResult>(Task ready, TArgument argument, Func<TActor, TArgument, ValueTask<TResult>> turn)
    {
        await ready;
        return await Call(argument, turn);
    }

    // No lock is held: what an actor does at its activation may call others, which call it.
    private TaskCompletionSource Activate()
    {
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Interlocked.CompareExchange(ref _ready, mine, null) is { } another)
        {
            return another;
        }

        var turn = mailbox.CallAsync((self: this, actor, activate: activate!, mine), static async state =>
        {
            try
            {
                await state.activate(state.actor);
                state.mine.SetResult();
            }
            catch (Exception error)
            {
                // The next call tries again.
                Volatile.Write(ref state.self._ready, null);
                state.mine.SetException(error);
            }

            return true;
        });
        if (turn.IsFaulted)
        {
            Volatile.Write(ref _ready, null);
            mine.TrySetException(new MailboxFullException());
        }

        return mine;
    }
}
