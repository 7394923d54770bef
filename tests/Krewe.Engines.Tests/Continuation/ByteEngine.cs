using System.Text;
using System.Text.Json;
using Krewe.Core.Identity;
using Krewe.Core.Protocols;
using Krewe.Core.Requests;
using Krewe.Engines.Http;
using Krewe.Engines.Tests.Http;
using Microsoft.AspNetCore.Http;

namespace Krewe.Engines.Tests.Continuation;

/// <summary>An engine whose tokens are the bytes of UTF-8, with its <c>/tokenize</c> and <c>/detokenize</c>, and whose template does what is asked for.</summary>
internal sealed class ByteEngine : IAsyncDisposable
{
    public const string GenerationPrompt = "<a>";

    private readonly TestEngine _server;
    private int _calls;

    private ByteEngine(TestEngine server) => _server = server;

    public int Calls => Volatile.Read(ref _calls);

    public EngineClient Client { get; } = new(new EngineClientOptions(), AddressAllowList.Loopback);

    public Uri Url => _server.Url;

    /// <param name="template">What the template makes of a partial answer.</param>
    /// <param name="status">What <c>/tokenize</c> answers with.</param>
    public static async Task<ByteEngine> StartAsync(Func<string, string>? template = null, int status = 200)
    {
        ByteEngine? self = null;
        var server = await TestEngine.StartAsync(async http =>
        {
            Interlocked.Increment(ref self!._calls);
            var body = (await JsonDocument.ParseAsync(http.Request.Body, default, http.RequestAborted)).RootElement;
            http.Response.StatusCode = status;
            var reply = http.Request.Path == "/tokenize"
                ? $"{{\"count\":0,\"max_model_len\":100,\"tokens\":[{string.Join(", ", Encoding.UTF8.GetBytes(Text(body, template)))}]}}"
                : JsonSerializer.Serialize(new { prompt = Encoding.UTF8.GetString([.. body.GetProperty("tokens").EnumerateArray().Select(one => one.GetByte())]) });
            await http.Response.WriteAsync(reply, http.RequestAborted);
        });
        return self = new ByteEngine(server);
    }

    public static string Ids(string text) => string.Join(',', Encoding.UTF8.GetBytes(text));

    public Binding Mixed(EngineProtocol protocol = EngineProtocol.Vllm)
    {
        return Binding.OnOne(new InstanceBinding(
            new InstanceId(new PoolName("p"), new InstanceName("m1")), new Epoch(1), new IncarnationId("life"), Url, protocol));
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
    }

    private static string Text(JsonElement body, Func<string, string>? template)
    {
        if (body.TryGetProperty("prompt", out var prompt))
        {
            return prompt.GetString()!;
        }

        var messages = body.GetProperty("messages").EnumerateArray().Select(one => one.GetProperty("content").GetString()!).ToList();
        var head = $"<u>{messages[0]}";
        return body.GetProperty("continue_final_message").GetBoolean()
            ? head + (template?.Invoke(messages[1]) ?? GenerationPrompt + messages[1])
            : head + GenerationPrompt;
    }
}
