// A chat at the terminal. Run a silo (silo/run), then:
//   dotnet run --project client/samples/Krewe.Samples.Chat -- http://127.0.0.1:8080 sim-model
// Ctrl+C ends an answer; an empty line ends the chat.
using Krewe.Client;
using Microsoft.Extensions.AI;

if (args is not [var endpoint, var model] || !Uri.TryCreate(endpoint, UriKind.Absolute, out var uri))
{
    await Console.Error.WriteLineAsync("Usage: Krewe.Samples.Chat <endpoint> <model>");
    return 2;
}

using var http = new HttpClient(new SocketsHttpHandler { MaxResponseDrainSize = 0 }) { Timeout = Timeout.InfiniteTimeSpan };
var chat = new KreweClient(new KreweClientOptions { Endpoints = { uri }, Model = model }, http).AsIChatClient();
var history = new List<ChatMessage>();
while (true)
{
    Console.Write("> ");
    if (Console.ReadLine() is not { Length: > 0 } question)
    {
        return 0;
    }

    history.Add(new ChatMessage(ChatRole.User, question));
    using var stop = new CancellationTokenSource();
    void Stop(object? sender, ConsoleCancelEventArgs pressed)
    {
        pressed.Cancel = true;
        stop.Cancel();
    }

    Console.CancelKeyPress += Stop;
    try
    {
        var answer = new List<ChatResponseUpdate>();
        await foreach (var update in chat.GetStreamingResponseAsync(history, new ChatOptions { MaxOutputTokens = 512 }, stop.Token))
        {
            Console.Write(update.Text);
            answer.Add(update);
        }

        history.AddRange(answer.ToChatResponse().Messages);
    }
    catch (OperationCanceledException)
    {
        Console.Write(" …");
    }
    catch (KreweException error)
    {
        await Console.Error.WriteLineAsync($"{error.Code}: {error.Message}");
    }
    finally
    {
        Console.CancelKeyPress -= Stop;
    }

    Console.WriteLine();
}
