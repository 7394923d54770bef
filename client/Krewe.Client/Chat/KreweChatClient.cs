using System.Runtime.CompilerServices;
using Krewe.Client.Streaming;
using Krewe.Client.Wire;
using Microsoft.Extensions.AI;

namespace Krewe.Client.Chat;

/// <summary>Krewe as an <see cref="IChatClient"/>. A whole answer is a stream that is read to its end: so it is as robust.</summary>
internal sealed class KreweChatClient(KreweClient client, Transport transport, string? model) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new("krewe", transport.Options.Endpoints[0], model ?? transport.Options.Model);

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var body = ChatBody.Write(messages, options, model ?? transport.Options.Model);
        return StreamAsync(body, KreweChatOptionsExtensions.CallOf(options), cancellationToken);
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType == typeof(KreweClient) ? client
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    public void Dispose()
    {
        // Connections are the HTTP client factory's.
    }

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(byte[] body, KreweCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var session = new StreamSession(transport, body, call, new StreamProgress());
        await using var _ = session.ConfigureAwait(false);
        var updates = new UpdateWriter(session.Progress);
        try
        {
            while (await session.NextAsync(cancellationToken).ConfigureAwait(false) is { } chunk)
            {
                if (updates.Of(chunk) is { } update)
                {
                    yield return update;
                }
            }

            if (updates.AtEnd() is { } end)
            {
                yield return end;
            }
        }
        finally
        {
            // Who leaves early wants no more of it.
            await session.CancelAsync().ConfigureAwait(false);
        }
    }
}
