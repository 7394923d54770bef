using Krewe.EndToEnd.Tests.Processes;

namespace Krewe.Console.Tests.Browsing;

/// <summary>Clients that stream one answer after the other until they are stopped.</summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly Task _running;
    private int _answered;

    private Load(HttpClient client, int clients, int tokens) =>
        _running = Task.WhenAll(Enumerable.Range(0, clients).Select(one => AskAsync(client, one, tokens)));

    /// <summary>Whole answers so far.</summary>
    public int Answered => Volatile.Read(ref _answered);

    public static Load Start(HttpClient client, int clients, int tokens = 24) => new(client, clients, tokens);

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _running;
        _over.Dispose();
    }

    private async Task AskAsync(HttpClient client, int one, int tokens)
    {
        try
        {
            for (var i = 0; !_over.IsCancellationRequested; i++)
            {
                using var request = Chat.Request($"client {one}, question {i}", stream: true, maxTokens: tokens + (one * 7 % 40));
                using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _over.Token);
                if (response.IsSuccessStatusCode)
                {
                    await response.Content.CopyToAsync(Stream.Null, _over.Token);
                    Interlocked.Increment(ref _answered);
                }
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or HttpRequestException or IOException)
        {
            // Stopped, or the silo is gone; the test looks at what was answered.
        }
    }
}
