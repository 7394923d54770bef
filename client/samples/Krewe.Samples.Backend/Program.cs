// A back end that streams answers to its own users. Run a silo (silo/run), then:
//   dotnet run --project client/samples/Krewe.Samples.Backend -- --urls http://127.0.0.1:5080 --Krewe:Endpoints:0 http://127.0.0.1:8080
//   curl -N "http://127.0.0.1:5080/ask?question=hello"
using System.Runtime.CompilerServices;
using Krewe.Client;
using Microsoft.Extensions.AI;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddKreweClient(builder.Configuration.GetSection("Krewe"));
var app = builder.Build();

// Text as it comes. What breaks between here and the engines does not show in it.
app.MapGet("/ask", (HttpContext http, IChatClient chat, string question, int? tokens) =>
{
    http.Response.ContentType = "text/plain; charset=utf-8";
    return StreamAsync(http, chat, question, tokens, http.RequestAborted);
});

// Errors have a code that a program can act upon.
app.MapGet("/answer", async (IChatClient chat, string question, int? tokens, CancellationToken cancellationToken) =>
{
    try
    {
        return Results.Text((await chat.GetResponseAsync(question, Options(tokens), cancellationToken)).Text);
    }
    catch (KreweException error)
    {
        return Results.Problem(error.Message, statusCode: error.IsRetryable ? 503 : 502, title: error.Code);
    }
});

// A request that is begun by one call and read by another, by any process that has what Save gives.
app.MapPost("/stories", async (KreweClient krewe, string about, CancellationToken cancellationToken) =>
{
    await using var request = await krewe.StartAsync([new ChatMessage(ChatRole.User, $"Tell a story about {about}.")], Options(null), cancellationToken);
    return Results.Text(request.Save(), "application/json");
});
app.MapPost("/stories/read", (KreweClient krewe, HttpContext http) => ReadAsync(krewe, http));

await app.StartAsync();
Console.WriteLine($"Ready: {app.Urls.First()}");
await app.WaitForShutdownAsync();

static ChatOptions Options(int? tokens)
{
    var options = new ChatOptions { MaxOutputTokens = tokens ?? 256 };
    return tokens is null ? options : options.WithKrewe(new KreweCall { Deadline = TimeSpan.FromMinutes(5) });
}

static async Task StreamAsync(HttpContext http, IChatClient chat, string question, int? tokens, CancellationToken cancellationToken)
{
    await foreach (var text in TextAsync(chat.GetStreamingResponseAsync(question, Options(tokens), cancellationToken), cancellationToken))
    {
        await http.Response.WriteAsync(text, cancellationToken);
        await http.Response.Body.FlushAsync(cancellationToken);
    }
}

static async IAsyncEnumerable<string> TextAsync(IAsyncEnumerable<ChatResponseUpdate> updates, [EnumeratorCancellation] CancellationToken cancellationToken)
{
    await foreach (var update in updates.WithCancellation(cancellationToken))
    {
        if (update.Text.Length > 0)
        {
            yield return update.Text;
        }
    }
}

static async Task ReadAsync(KreweClient krewe, HttpContext http)
{
    using var body = new StreamReader(http.Request.Body);
    await using var request = krewe.Attach(await body.ReadToEndAsync(http.RequestAborted));
    http.Response.ContentType = "text/plain; charset=utf-8";
    await foreach (var text in TextAsync(request.StreamAsync(http.RequestAborted), http.RequestAborted))
    {
        await http.Response.WriteAsync(text, http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }
}
