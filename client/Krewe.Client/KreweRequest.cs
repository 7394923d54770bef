using System.Runtime.CompilerServices;
using System.Text.Json;
using Krewe.Client.Chat;
using Krewe.Client.Streaming;
using Microsoft.Extensions.AI;

namespace Krewe.Client;

/// <summary>
/// One request that was begun: its answer can be read, left and read on, here or in another process. Unlike with
/// <see cref="IChatClient"/>, who stops reading does not end it: it runs on for as long as the service keeps it. One
/// reader at a time.
/// </summary>
public sealed class KreweRequest : IAsyncDisposable
{
    private readonly Transport _transport;
    private readonly StreamSession _session;
    private readonly byte[]? _body;
    private readonly KreweCall _call;
    private int _isRead;

    internal KreweRequest(Transport transport, byte[]? body, KreweCall call, StreamProgress progress)
    {
        _transport = transport;
        _body = body;
        _call = call;
        _session = new StreamSession(transport, body, call, progress);
    }

    /// <summary>The service's id of the request. It changes where the request had to be posted again; null where the service gave none.</summary>
    public string? Id => _session.Progress.LastRequestId;

    /// <summary>Whether the whole answer was read.</summary>
    public bool IsCompleted => _session.Progress.IsDone;

    /// <summary>
    /// The rest of the answer: from its beginning, or from where it was left. Broken connections, silos and engines do not
    /// show in it: nothing is missing, and nothing comes twice.
    /// </summary>
    /// <exception cref="KreweException">It cannot go on.</exception>
    /// <exception cref="InvalidOperationException">Somebody reads it already.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> StreamAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _isRead, 1) != 0)
        {
            throw new InvalidOperationException("The request is being read already.");
        }

        try
        {
            var updates = new UpdateWriter(_session.Progress);
            var wasDone = _session.Progress.IsDone;
            while (await _session.NextAsync(cancellationToken).ConfigureAwait(false) is { } chunk)
            {
                if (updates.Of(chunk) is { } update)
                {
                    yield return update;
                }
            }

            if (!wasDone && updates.AtEnd() is { } end)
            {
                yield return end;
            }
        }
        finally
        {
            await _session.CloseAsync().ConfigureAwait(false);
            Volatile.Write(ref _isRead, 0);
        }
    }

    /// <summary>The rest of the answer, when it is whole.</summary>
    /// <exception cref="KreweException">It cannot go on.</exception>
    public Task<ChatResponse> GetResponseAsync(CancellationToken cancellationToken = default) =>
        StreamAsync(cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <summary>Ends the request, wherever it runs. One that is over stays as it is.</summary>
    /// <exception cref="KreweException">It is not known any more, or nobody could be reached.</exception>
    public async Task CancelAsync(CancellationToken cancellationToken = default)
    {
        using var response = await _transport.AskAsync(HttpMethod.Delete, KnownId(), _session.Progress.Endpoint, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>How it stands.</summary>
    /// <exception cref="KreweException">It is not known any more, or nobody could be reached.</exception>
    public async Task<KreweRequestDescription> DescribeAsync(CancellationToken cancellationToken = default)
    {
        using var response = await _transport.AskAsync(HttpMethod.Get, KnownId(), _session.Progress.Endpoint, cancellationToken).ConfigureAwait(false);
        try
        {
            var json = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            return JsonSerializer.Deserialize(json, KreweRequestDescriptionJson.Default.KreweRequestDescription)
                ?? throw new JsonException("null");
        }
        catch (JsonException error)
        {
            throw new KreweException(KreweErrorCode.Malformed, "The description is not what the protocol says.", error) { RequestId = Id };
        }
    }

    /// <summary>
    /// The request and how far it was read, for <see cref="KreweClient.Attach"/> in another process. It holds the prompt and
    /// the answer so far: keep it as you keep these.
    /// </summary>
    public string Save() => SavedRequest.Of(_session.Progress, _body, _call).ToJson();

    internal ValueTask OpenAsync(CancellationToken cancellationToken) => _session.OpenAsync(cancellationToken);

    /// <summary>Leaves the connection. The request runs on: <see cref="CancelAsync"/> ends it.</summary>
    public ValueTask DisposeAsync() => _session.DisposeAsync();

    private string KnownId() => Id ?? throw new KreweException(KreweErrorCode.RequestGone, "The service gave the request no id.");
}
