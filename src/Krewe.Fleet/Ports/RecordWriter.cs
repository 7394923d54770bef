namespace Krewe.Fleet.Ports;

/// <summary>
/// Writes an actor's record behind its turns: one write in flight, only the newest waits, a failed write is tried
/// again with growing pauses for as long as the actor lives. Everything here runs in turns of the owning actor.
/// </summary>
/// <param name="store">The record's store.</param>
/// <param name="time">The host's clock.</param>
/// <param name="writeTimeout">Bound of one write.</param>
/// <param name="reconcile">On a conflict: the record that ours and the stored one add up to.</param>
/// <param name="onOutage">Told of each failed write (true) and of the first good one after it (false).</param>
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
    private Task? _writing;

    /// <summary>Ends when <paramref name="record"/>, or a newer one, is durable.</summary>
    public Task WriteAsync(TRecord record)
    {
        _next = record;
        _nextWritten ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var written = _nextWritten.Task;
        if (_writing is null or { IsCompleted: true })
        {
            _writing = WriteAllAsync();
        }

        return written;
    }

    /// <summary>Gives the last write a moment, then stops trying.</summary>
    public async Task StopAsync(TimeSpan within)
    {
        if (_writing is { IsCompleted: false } writing)
        {
            await Task.WhenAny(writing, Task.Delay(within, time, CancellationToken.None));
        }

        _stopped.TrySetResult();
    }

    private async Task WriteAllAsync()
    {
        while (_next is { } record && !_stopped.Task.IsCompleted)
        {
            var written = _nextWritten!;
            _next = null;
            _nextWritten = null;
            if (await WriteOneAsync(record))
            {
                written.TrySetResult();
            }
            else
            {
                written.TrySetCanceled();
            }
        }
    }

    private async Task<bool> WriteOneAsync(TRecord record)
    {
        var failed = false;
        for (var pause = FirstPause; !_stopped.Task.IsCompleted; pause = pause * 2 > LongestPause ? LongestPause : pause * 2)
        {
            try
            {
                using var bound = new CancellationTokenSource(writeTimeout, time);
                await store.SaveAsync(record, bound.Token).WaitAsync(bound.Token);
                if (failed)
                {
                    onOutage(false, null);
                }

                return true;
            }
            catch (StoreConflictException)
            {
                record = await ReconcileAsync(record);
            }
            catch (Exception error)
            {
                failed = true;
                onOutage(true, error);
                await PauseAsync(pause);
            }
        }

        return false;
    }

    private async Task<TRecord> ReconcileAsync(TRecord ours)
    {
        try
        {
            using var bound = new CancellationTokenSource(writeTimeout, time);
            return reconcile(ours, await store.LoadAsync(bound.Token).WaitAsync(bound.Token));
        }
        catch (Exception error)
        {
            onOutage(true, error);
            await PauseAsync(FirstPause);
            return ours;
        }
    }

    private Task PauseAsync(TimeSpan pause) =>
        Task.WhenAny(Task.Delay(pause, time, CancellationToken.None), _stopped.Task);
}
