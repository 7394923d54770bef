namespace Krewe.Orleans.Storage;

/// <summary>
/// Where calls to the store run: beside the turns of the grains that make them, so many at a time. A store may block the
/// thread that calls it, as SQLite's driver does, for as long as the file is locked; a turn never waits so.
/// </summary>
/// <param name="width">How many calls may block a thread at the same time. Calls that are truly asynchronous are not held up by it.</param>
internal sealed class StorageLane(int width)
{
    private readonly TaskScheduler _scheduler = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, width).ConcurrentScheduler;

    /// <summary>Runs the call; not at all if cancelled before its turn comes.</summary>
    public Task RunAsync(Func<Task> call, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(call, cancellationToken, TaskCreationOptions.DenyChildAttach, _scheduler).Unwrap();
}
