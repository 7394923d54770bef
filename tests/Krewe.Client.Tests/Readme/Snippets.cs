using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Client.Tests.Readme;

/// <summary>The code of client/README.md, so that it compiles. A test compares them.</summary>
internal static class Snippets
{
    public static void Add(IServiceCollection services, string apiKey)
    {
        #region add
        services.AddKreweClient(options =>
        {
            options.Endpoints.Add(new Uri("http://krewe-1:8080"));
            options.Endpoints.Add(new Uri("http://krewe-2:8080"));
            options.ApiKey = apiKey;
            options.Model = "llama-3";
        });
        #endregion
    }

    public static void AddMore(IServiceCollection services, IConfiguration configuration)
    {
        #region add-more
        services.AddKreweClient(configuration.GetSection("Krewe"));
        services.AddKeyedKreweClient("batch", configuration.GetSection("KreweBatch"))
            .AddHttpMessageHandler(() => new AuditHandler());
        #endregion
    }

    public static async Task AskAsync(IChatClient chat, CancellationToken cancellationToken)
    {
        #region ask
        await foreach (var update in chat.GetStreamingResponseAsync("Which krewes are there?", cancellationToken: cancellationToken))
        {
            Console.Write(update.Text);
        }
        #endregion
    }

    public static ChatOptions Wishes(string conversation, string traceId)
    {
        #region wishes
        var options = new ChatOptions { MaxOutputTokens = 500 }.WithKrewe(new KreweCall
        {
            Priority = KrewePriority.High,
            Deadline = TimeSpan.FromSeconds(30),
            Session = conversation,
            ClientRequestId = traceId,
        });
        #endregion
        return options;
    }

    public static async Task HandleAsync(KreweClient krewe, IEnumerable<ChatMessage> messages, Store store, CancellationToken cancellationToken)
    {
        #region handle
        await using var request = await krewe.StartAsync(messages, cancellationToken: cancellationToken);
        await store.WriteAsync(request.Save(), cancellationToken);

        // … later, anywhere:
        await using var same = krewe.Attach(await store.ReadAsync(cancellationToken));
        await foreach (var update in same.StreamAsync(cancellationToken))
        {
            Console.Write(update.Text);
        }
        #endregion
    }

    public static async Task<string> ErrorsAsync(IChatClient chat, IEnumerable<ChatMessage> messages, CancellationToken cancellationToken)
    {
        #region errors
        try
        {
            return (await chat.GetResponseAsync(messages, cancellationToken: cancellationToken)).Text;
        }
        catch (KreweException error) when (error.IsRetryable)
        {
            // No room, or nobody there, for as long as the options allow to wait.
            return $"Come again in {error.RetryAfter ?? TimeSpan.FromSeconds(1)} ({error.Code}, {error.RequestId}).";
        }
        #endregion
    }

    /// <summary>A handler of the application's.</summary>
    internal sealed class AuditHandler : DelegatingHandler;

    /// <summary>Where the application keeps what it has to keep.</summary>
    internal sealed class Store
    {
        private string _kept = "";

        public Task WriteAsync(string text, CancellationToken cancellationToken)
        {
            _kept = text;
            return Task.CompletedTask.WaitAsync(cancellationToken);
        }

        public Task<string> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(_kept).WaitAsync(cancellationToken);
    }
}
