namespace Krewe.Fleet.Local;

/// <summary>
/// Runs one actor's turns, one at a time. A call on an idle actor runs on the caller's thread, so that an uncontended
/// call costs no hop; otherwise it waits in a bounded queue. As the actor's synchronization context it also makes
/// what follows an <c>await</c> inside the actor a turn.
/// </summary>
/// <param name="scheduler">Where turns run that no caller's thread runs.</param>
/// <param name="limit">Most calls that wait.</param>
/// <param name="onFailed">Told of an exception that belongs to no caller: a timer's.</param>
internal sealed class Mailbox(ITurnScheduler scheduler, int limit, Action<Exception> onFailed) : SynchronizationContext, IThreadPoolWorkItem
{
    // A caller's thread runs a few turns of others before it hands the rest to the scheduler.
    private const int TurnsPerDrain = 16;

    private readonly Lock _gate = new();
    private Queue<ITurn>? _waiting;
    private bool _busy;

    /// <summary>Runs <paramref name="turn"/> as a turn and gives its result.</summary>
    /// <exception cref="MailboxFullException">Too many calls wait already.</exception>
    public ValueTask<TResult> CallAsync<TState, TResult>(TState state, Func<TState, ValueTask<TResult>> turn)
    {
        CallTurn<TState, TResult> queued;
        lock (_gate)
        {
            if (!_busy)
            {
                _busy = true;
                queued = null!;
            }
            else
            {
                _waiting ??= new Queue<ITurn>();
                if (_waiting.Count >= limit)
                {
                    return ValueTask.FromException<TResult>(new MailboxFullException());
                }

                queued = new CallTurn<TState, TResult>(state, turn);
                _waiting.Enqueue(queued);
            }
        }

        return queued is not null ? new ValueTask<TResult>(queued.Completion.Task) : RunInline(state, turn);
    }

    /// <summary>Queues a continuation. Never refused: it belongs to a call that was accepted.</summary>
    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_gate)
        {
            (_waiting ??= new Queue<ITurn>()).Enqueue(new PostedTurn(d, state));
            if (_busy)
            {
                return;
            }

            _busy = true;
        }

        scheduler.Queue(this);
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("A turn never blocks on another.");

    public override SynchronizationContext CreateCopy() => this;

    void IThreadPoolWorkItem.Execute() => Drain();

    private ValueTask<TResult> RunInline<TState, TResult>(TState state, Func<TState, ValueTask<TResult>> turn)
    {
        var outer = Current;
        SetSynchronizationContext(this);
        try
        {
            return turn(state);
        }
        catch (Exception error)
        {
            return ValueTask.FromException<TResult>(error);
        }
        finally
        {
            SetSynchronizationContext(outer);
            Drain();
        }
    }

    private void Drain()
    {
        for (var turns = 0; ; turns++)
        {
            ITurn next;
            lock (_gate)
            {
                if (_waiting is null || !_waiting.TryPeek(out next!))
                {
                    _busy = false;
                    return;
                }

                if (turns < TurnsPerDrain)
                {
                    _waiting.Dequeue();
                }
            }

            if (turns >= TurnsPerDrain)
            {
                scheduler.Queue(this);
                return;
            }

            var outer = Current;
            SetSynchronizationContext(this);
            try
            {
                next.Run();
            }
            catch (Exception error)
            {
                // The thread is an innocent caller's or the pool's, and the turns behind this one must run.
                onFailed(error);
            }
            finally
            {
                SetSynchronizationContext(outer);
            }
        }
    }

    private interface ITurn
    {
        void Run();
    }

    private sealed class PostedTurn(SendOrPostCallback callback, object? state) : ITurn
    {
        public void Run() => callback(state);
    }

    private sealed class CallTurn<TState, TResult>(TState state, Func<TState, ValueTask<TResult>> turn) : ITurn
    {
        public TaskCompletionSource<TResult> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        // The waiting caller is resumed on its own context; an exception of the turn is the caller's to see.
        public void Run()
        {
            try
            {
                var result = turn(state);
                if (result.IsCompletedSuccessfully)
                {
                    Completion.SetResult(result.Result);
                }
                else
                {
                    _ = ForwardAsync(result);
                }
            }
            catch (Exception error)
            {
                Completion.SetException(error);
            }
        }

        private async Task ForwardAsync(ValueTask<TResult> pending)
        {
            try
            {
                Completion.SetResult(await pending);
            }
            catch (Exception error)
            {
                Completion.SetException(error);
            }
        }
    }
}
