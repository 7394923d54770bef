using Krewe.Client.Wire;

namespace Krewe.Client.Streaming;

/// <summary>A connection that brings a stream's events. Silence and the end of its caller's patience end each read.</summary>
internal sealed class StreamConnection : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly SseStream _events;
    private readonly CancellationTokenSource _idle;

    private StreamConnection(HttpResponseMessage response, SseStream events, TimeProvider time)
    {
        _response = response;
        _events = events;
        _idle = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
    }

    public static async Task<StreamConnection> OpenAsync(HttpResponseMessage response, TimeProvider time, CancellationToken cancellationToken) =>
        new(response, new SseStream(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false)), time);

    /// <summary>The next event; null where the connection is of no use any more: ended, broken, or silent for too long.</summary>
    /// <param name="silence">Longest silence; infinite = any.</param>
    /// <param name="deadline">Gives up, with an <see cref="OperationCanceledException"/>.</param>
    /// <param name="cancellationToken">Gives up likewise.</param>
    public async ValueTask<SseItem?> ReadAsync(TimeSpan silence, CancellationToken deadline, CancellationToken cancellationToken)
    {
        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline, _idle.Token);
        _idle.CancelAfter(silence);
        try
        {
            return await _events.ReadAsync(any.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or HttpRequestException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested && !deadline.IsCancellationRequested))
        {
            return null;
        }
        finally
        {
            _idle.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _events.DisposeAsync().ConfigureAwait(false);
        _response.Dispose();
        _idle.Dispose();
    }
}
