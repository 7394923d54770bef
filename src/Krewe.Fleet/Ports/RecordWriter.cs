namespace Krewe.Fleet.Ports;

/// <summary>
/// Writes an actor's record behind its turns: one write in flight, only the newest waits, a failed write is tried
/// again with growing pauses for as long as the actor lives, with the newest record by then. Everything here runs in
/// turns of the owning actor.
/// </summary>
/// <param name="store">The record's store.</param>
/// <param name="time">The host's clock.</param>
/// <param name="writeTimeout">Bound of one write.</param>
/// <param name="reconcile">On a conflict: the record that ours and the stored one add up to. It may write.</param>
/// <param name="onOutage">Told of each failed write or read (true), and of the first good write after it, or the end of the trying (false).</param>
internal sealed class RecordWriter<TRecord>(
    IRecordStore<TRecord> store,
    TimeProvider time,
    TimeSpan writeTimeout,
    Func<TRecord, TRecord?, TRecord> reconcile,
    Action<bool, Exception?> onOutage)
    where TRecord : class
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TRecord? _next;
    private TaskCompletionSource? _nextWritten;
    private Task _writing = Task.CompletedTask;
    private bool _isWriting;
    private bool _isFailing;

    /// <summary>Ends when <paramref name="record"/>, or a newer one, is durable. Cancelled where the writer was stopped before.</summary>
    public Task WriteAsync(TRecord record)
    {
        if (_stopped.Task.IsCompleted)
        {
            return Task.FromCanceled(new CancellationToken(canceled: true));
        }

        _next = record;
        var written = (_nextWritten ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        if (!_isWriting)
        {
            _isWriting = true;
            _writing = WriteAllAsync();
        }

        return written;
    }

    /// <summary>Gives the last writes a moment, then stops trying. What waits still is cancelled.</summary>
    public async Task StopAsync(TimeSpan within)
    {
        if (!_writing.IsCompleted)
        {
            await Task.WhenAny(_writing, Task.Delay(within, time, CancellationToken.None));
        }

        _stopped.TrySetResult();
        _nextWritten?.TrySetCanceled();
        if (_isFailing)
        {
            _isFailing = false;
            onOutage(false, null);
        }
    }

    private async Task WriteAllAsync()
    {
        // What else this turn has to write goes into the same write; and no callback runs within the turn that wrote.
        await Task.Yield();
        while (_next is not null && !_stopped.Task.IsCompleted)
        {
            await WriteNextAsync();
        }

        _isWriting = false;
    }

    private async Task WriteNextAsync()
    {
        var (record, written) = TakeNext();
        var conflicts = 0;
        for (var pause = FirstPause; !_stopped.Task.IsCompleted;)
        {
            try
            {
                using var bound = new CancellationTokenSource(writeTimeout, time);
                await store.SaveAsync(record, bound.Token).WaitAsync(bound.Token);
                OnGood();
                written.ForEach(waiting => waiting.TrySetResult());
                return;
            }
            catch (StoreConflictException)
            {
                // Whoever writes too gets a chance: two that answer each other at once would never end.
                if (++conflicts > 1)
                {
                    await PauseAsync(FirstPause);
                }

                var (isRead, stored) = await ReadAsync();
                TakeNewer();
                if (isRead)
                {
                    record = reconcile(record, stored);
                }
            }
            catch (Exception error)
            {
                OnFailed(error);
                await PauseAsync(pause);
                pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
            }

            TakeNewer();
        }

        written.ForEach(waiting => waiting.TrySetCanceled());

        void TakeNewer()
        {
            if (_next is not null)
            {
                (record, var more) = TakeNext();
                written.AddRange(more);
            }
        }
    }

    private (TRecord Record, List<TaskCompletionSource> Written) TakeNext()
    {
        var taken = (_next!, new List<TaskCompletionSource> { _nextWritten! });
        _next = null;
        _nextWritten = null;
        return taken;
    }

    private async Task<(bool IsRead, TRecord? Stored)> ReadAsync()
    {
        try
        {
            using var bound = new CancellationTokenSource(writeTimeout, time);
            return (true, await store.LoadAsync(bound.Token).WaitAsync(bound.Token));
        }
        catch (Exception error)
        {
            OnFailed(error);
            await PauseAsync(FirstPause);
            return (false, null);
        }
    }

    private void OnGood()
    {
        if (_isFailing)
        {
            _isFailing = false;
            onOutage(false, null);
        }
    }

    private void OnFailed(Exception error)
    {
        if (!_stopped.Task.IsCompleted)
        {
            _isFailing = true;
            onOutage(true, error);
        }
    }

    private Task PauseAsync(TimeSpan pause) =>
        Task.WhenAny(Task.Delay(pause, time, CancellationToken.None), _stopped.Task);
}
