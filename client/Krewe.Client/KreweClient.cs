using System.Text;
using Krewe.Client.Chat;
using Krewe.Client.Retry;
using Krewe.Client.Streaming;
using Krewe.Client.Wire;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace Krewe.Client;

/// <summary>
/// A client of Krewe. Thread-safe; one per application and set of endpoints. For chats as other libraries expect them
/// there is <see cref="AsIChatClient"/>; this is for what these cannot say: requests that are begun, left, and read on.
/// </summary>
public sealed class KreweClient
{
    private readonly Transport _transport;

    /// <summary>A client of its own. Where there is dependency injection, <c>AddKreweClient</c> makes one.</summary>
    /// <param name="options">Where Krewe is.</param>
    /// <param name="http">
    /// What calls go through: its timeout should be infinite, since a stream may take long. It stays the caller's.
    /// </param>
    /// <param name="time">The clock; null = the system's.</param>
    /// <exception cref="OptionsValidationException">An option is not valid; the message names each.</exception>
    public KreweClient(KreweClientOptions options, HttpClient http, TimeProvider? time = null)
        : this(options, () => http, time ?? TimeProvider.System)
    {
        ArgumentNullException.ThrowIfNull(http);
    }

    internal KreweClient(KreweClientOptions options, Func<HttpClient> http, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        var errors = KreweClientOptionsValidator.Errors(options).ToList();
        if (errors.Count > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(KreweClientOptions), errors);
        }

        _transport = new Transport(options, http, time, new Jitter());
    }

    /// <summary>This client as other libraries know chats. Per-call wishes go by <see cref="KreweChatOptionsExtensions.WithKrewe"/>.</summary>
    /// <param name="model">The model of calls that name none; null = the options'.</param>
    public IChatClient AsIChatClient(string? model = null) => new KreweChatClient(this, _transport, model);

    /// <summary>Begins a chat. Ends when its answer has begun; it goes on whether it is read or not, for as long as the service keeps it.</summary>
    /// <param name="messages">The chat.</param>
    /// <param name="options">How it is to be answered, with <see cref="KreweChatOptionsExtensions.WithKrewe"/> if need be.</param>
    /// <param name="cancellationToken">Gives up beginning it.</param>
    /// <exception cref="KreweException">It could not be begun.</exception>
    public async Task<KreweRequest> StartAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var body = ChatBody.Write(messages, options, _transport.Options.Model);
        var request = new KreweRequest(_transport, body, KreweChatOptionsExtensions.CallOf(options), new StreamProgress());
        try
        {
            await request.OpenAsync(cancellationToken).ConfigureAwait(false);
            return request;
        }
        catch
        {
            await request.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Takes up a request that this or another process began, from where it was when <see cref="KreweRequest.Save"/> was called.</summary>
    /// <exception cref="FormatException">This is no saved request.</exception>
    public KreweRequest Attach(string saved)
    {
        ArgumentNullException.ThrowIfNull(saved);
        var request = SavedRequest.Parse(saved);
        return new KreweRequest(_transport, request.Body is null ? null : Encoding.UTF8.GetBytes(request.Body), request.Call, request.ToProgress());
    }

    /// <summary>
    /// A request of which only the id is known: it can be read from its beginning, as long as that is kept, described and
    /// ended; not posted again.
    /// </summary>
    public KreweRequest GetRequest(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return new KreweRequest(_transport, null, new KreweCall(), new StreamProgress { RequestId = id, LastRequestId = id, IsKrewe = true });
    }
}
