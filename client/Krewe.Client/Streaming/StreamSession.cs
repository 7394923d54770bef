using System.Globalization;
using System.Net;
using System.Text.Json;
using Krewe.Client.Endpoints;
using Krewe.Client.Wire;

namespace Krewe.Client.Streaming;

/// <summary>
/// Brings one answer, chunk by chunk, each exactly once, whatever becomes of connections and silos: where a connection
/// breaks it reads on by the request's id at any endpoint; where the request is gone it posts it again with what was
/// shown, and goes on behind that. One reader at a time.
/// </summary>
internal sealed class StreamSession : IAsyncDisposable
{
    private readonly Transport _transport;
    private readonly byte[]? _body;
    private readonly KreweCall _call;
    private readonly StreamProgress _progress;
    private readonly CancellationTokenSource _deadline;
    private readonly long _began;
    private readonly TimeSpan _limit;
    private readonly PaceOfRetries _pace;
    private StreamConnection? _connection;
    private bool _isFirst = true;

    public StreamSession(Transport transport, byte[]? body, KreweCall call, StreamProgress progress)
    {
        _transport = transport;
        _body = body;
        _call = call;
        _progress = progress;
        _limit = call.Deadline ?? transport.Options.Timeout;
        _began = transport.Time.GetTimestamp();
        _deadline = new CancellationTokenSource(_limit, transport.Time);
        _pace = new PaceOfRetries(transport);
        transport.Budget.OnCall();
    }

    public StreamProgress Progress => _progress;

    private TimeSpan Left => _limit - _transport.Time.GetElapsedTime(_began);

    /// <summary>Connects, if it is not: from then on the request runs.</summary>
    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        if (_progress.IsDone || _connection is not null)
        {
            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _deadline.Token);
        try
        {
            _progress.IsDone = !await ConnectAsync(stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw TimeIsOver();
        }
    }

    /// <summary>The next chunk; null when all have come.</summary>
    /// <exception cref="KreweException">It cannot go on.</exception>
    public async ValueTask<ChatChunk?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await OpenAsync(cancellationToken).ConfigureAwait(false);
            if (_progress.IsDone)
            {
                return null;
            }

            // Before the first event nobody knows how long the queue and the prompt take: the deadline alone ends that.
            var silence = _isFirst ? Timeout.InfiniteTimeSpan : _transport.Options.IdleTimeout;
            SseItem? item;
            try
            {
                item = await _connection!.ReadAsync(silence, _deadline.Token, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw TimeIsOver();
            }
            catch (InvalidDataException error)
            {
                throw Malformed(error);
            }

            if (item is not { } came)
            {
                await CloseAsync().ConfigureAwait(false);
                _pace.Lost();
                continue;
            }

            if (await TakeAsync(came).ConfigureAwait(false) is { } chunk)
            {
                return chunk;
            }
        }
    }

    /// <summary>Leaves the connection; the request goes on, for as long as it is kept.</summary>
    public async ValueTask CloseAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The same, and ends the request if it is not over.</summary>
    public async ValueTask CancelAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        if (!_progress.IsDone && _progress.RequestId is { } id)
        {
            await _transport.TryCancelAsync(id, _progress.Endpoint).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        _deadline.Dispose();
    }

    private async ValueTask<ChatChunk?> TakeAsync(SseItem item)
    {
        if (item.Id >= 0 && item.Id <= _progress.LastEvent)
        {
            return null;
        }

        if (item.Id > _progress.LastEvent + 1)
        {
            throw Malformed(null);
        }

        if (item.IsDone)
        {
            _progress.IsDone = true;
            await CloseAsync().ConfigureAwait(false);
            return null;
        }

        if (item.Data.Span.StartsWith("{\"error\""u8) && ErrorReader.ReadEvent(item.Data, _progress.RequestId) is { } error)
        {
            await BrokenAsync(error).ConfigureAwait(false);
            return null;
        }

        ChatChunk chunk;
        try
        {
            chunk = ChatChunk.Parse(item.Data);
        }
        catch (JsonException wrong)
        {
            throw Malformed(wrong);
        }

        _isFirst = false;
        _pace.Heard();
        _progress.LastEvent = Math.Max(_progress.LastEvent, item.Id);
        _progress.Add(chunk);
        return chunk;
    }

    /// <summary>The service ended the stream with an error: some of these say that it goes on elsewhere.</summary>
    private async ValueTask BrokenAsync(KreweException error)
    {
        await CloseAsync().ConfigureAwait(false);
        if (!error.IsRetryable)
        {
            _progress.RequestId = null;
            throw error;
        }

        if (error.Code == KreweErrorCode.Draining)
        {
            _transport.Endpoints.Failed(_progress.Endpoint!);
        }
        else
        {
            _pace.Lost();
        }

        _progress.Forget();
    }

    /// <summary>Finds somebody who brings the rest; false where nothing but the end is missing.</summary>
    private async ValueTask<bool> ConnectAsync(CancellationToken stop)
    {
        var tried = new HashSet<Endpoint>();
        await _pace.WaitAsync(Left, LostError, stop).ConfigureAwait(false);
        while (true)
        {
            if (_progress.RequestId is null && _progress.Finish is not null)
            {
                return false;
            }

            var attaches = _progress.RequestId is not null;
            var at = _transport.Endpoints.Pick(_progress.Endpoint, tried);
            KreweException failure;
            try
            {
                var response = await SendAsync(at, stop).ConfigureAwait(false);
                if (response.IsSuccessStatusCode)
                {
                    await ConnectedAsync(at, response, attaches, stop).ConfigureAwait(false);
                    return true;
                }

                using (response)
                {
                    failure = await ErrorReader.ReadAsync(response, stop).ConfigureAwait(false);
                    _transport.Endpoints.Succeeded(at);
                }
            }
            catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !stop.IsCancellationRequested))
            {
                failure = Transport.Unreachable(at, error, _progress.LastRequestId);
            }

            if (attaches && failure.Status is (int)HttpStatusCode.NotFound or (int)HttpStatusCode.BadRequest && _body is not null)
            {
                // Its silo is gone, or what came since is not kept: another takes it up from what was shown.
                _progress.Forget();
                continue;
            }

            await _pace.FailedAsync(failure, at, tried, Left, stop).ConfigureAwait(false);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(Endpoint at, CancellationToken stop)
    {
        if (_progress.RequestId is { } id)
        {
            // A held stream answers at once, whether there is anything new or not.
            using var limit = new CancellationTokenSource(_transport.Options.IdleTimeout, _transport.Time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
            return await _transport.AttachAsync(at, id, _progress.LastEvent, both.Token).ConfigureAwait(false);
        }

        return await _transport.PostAsync(at, NextBody(), _call, Left, stop).ConfigureAwait(false);
    }

    private byte[] NextBody()
    {
        if (_body is null)
        {
            throw new KreweException(KreweErrorCode.RequestGone, "The request is not held any more, and only its id is known here.") { RequestId = _progress.LastRequestId };
        }

        if (_progress.IsUnseen)
        {
            return _body;
        }

        // Others would begin anew, and what was shown would be shown twice.
        return _progress is { IsKrewe: true, HasReasoning: false }
            ? ChatBody.WriteResume(_body, _progress.Text.ToString(), _progress.Tokens)
            : throw LostError();
    }

    private async ValueTask ConnectedAsync(Endpoint at, HttpResponseMessage response, bool attaches, CancellationToken stop)
    {
        _transport.Endpoints.Succeeded(at);
        _progress.Endpoint = at;
        if (!attaches)
        {
            var id = ErrorReader.Header(response, HeaderNames.RequestId);
            _progress.IsKrewe |= id is not null;
            _progress.LastRequestId = id ?? _progress.LastRequestId;

            // Without the answer's word the stream is not held: then there is nothing to come back to.
            _progress.RequestId = ErrorReader.Header(response, HeaderNames.ResumeMs) is { } keep
                && int.TryParse(keep, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? id : null;
        }

        _connection = await StreamConnection.OpenAsync(response, _transport.Time, stop).ConfigureAwait(false);
    }

    private KreweException LostError() => new(KreweErrorCode.NotResumable, "The stream broke, and what was shown of it cannot be continued.")
    {
        RequestId = _progress.LastRequestId,
    };

    private KreweException TimeIsOver() => new(KreweErrorCode.DeadlineExceeded, "The call's time is over.") { RequestId = _progress.LastRequestId };

    private KreweException Malformed(Exception? error) =>
        new(KreweErrorCode.Malformed, "The answer is not what the protocol says.", error) { RequestId = _progress.LastRequestId };
}
