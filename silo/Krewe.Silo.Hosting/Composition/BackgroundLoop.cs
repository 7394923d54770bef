namespace Krewe.Silo.Hosting.Composition;

/// <summary>Work that runs beside the silo until it is stopped.</summary>
internal sealed class BackgroundLoop : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private bool _stopped;

    private BackgroundLoop(Func<CancellationToken, Task> run) => _running = run(_stopping.Token);

    public static BackgroundLoop Start(Func<CancellationToken, Task> run) => new(run);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, true))
        {
            return;
        }

        await _stopping.CancelAsync();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
            // Stopped, as asked.
        }

        _stopping.Dispose();
    }
}
