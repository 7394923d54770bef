using System.Text.Json;
using Krewe.EndToEnd.Tests.Processes;
using Krewe.Testing.Processes;

namespace Krewe.EndToEnd.Tests;

/// <summary>OpenAI's own Node SDK against a silo. Skipped where there is no node, or its package cannot be had.</summary>
public sealed class OpenAINodeTests : IAsyncLifetime
{
    /// <summary>The release that was looked at; a newer one may change what it expects.</summary>
    private const string Package = "openai@7";

    private const string Script = """
        import OpenAI from 'openai';
        const client = new OpenAI({ baseURL: process.env.KREWE_URL, apiKey: 'unused', maxRetries: 0 });
        const model = 'sim-model';
        const messages = [{ role: 'user', content: 'Tell me a story.' }];
        const told = {};
        const whole = await client.chat.completions.create({ model, messages, max_tokens: 24 });
        told.whole = { text: whole.choices[0].message.content, finish: whole.choices[0].finish_reason, tokens: whole.usage.completion_tokens, id: whole._request_id };
        const stream = await client.chat.completions.create({ model, messages, max_tokens: 24, stream: true, stream_options: { include_usage: true } });
        told.stream = { text: '' };
        for await (const chunk of stream) {
          told.stream.text += chunk.choices[0]?.delta?.content ?? '';
          told.stream.finish = chunk.choices[0]?.finish_reason ?? told.stream.finish;
          told.stream.tokens = chunk.usage?.completion_tokens ?? told.stream.tokens;
        }
        const held = await client.chat.completions.create({ model, messages, max_tokens: 24, stream: true }, { headers: { 'Krewe-Resume-Ms': '5000' } });
        told.held = '';
        for await (const chunk of held) told.held += chunk.choices[0]?.delta?.content ?? '';
        const error = e => ({ type: e.constructor.name, status: e.status, code: e.code, param: e.param, message: e.message, id: e.requestID });
        try { await client.chat.completions.create({ model: 'no-such-model', messages }); } catch (e) { told.unknown = error(e); }
        try { await client.chat.completions.create({ model, messages, temperature: 1, max_tokens: 'many' }); } catch (e) { told.bad = error(e); }
        const long = await client.chat.completions.create({ model, messages, max_tokens: 4000, stream: true, ignore_eos: true });
        for await (const chunk of long) { long.controller.abort(); break; }
        told.models = (await client.models.list()).data.map(one => one.id);
        const completion = await client.completions.create({ model, prompt: 'Once', max_tokens: 5 });
        told.completion = completion.usage.completion_tokens;
        const vectors = await client.embeddings.create({ model, input: 'parade', encoding_format: 'float' });
        told.vector = vectors.data[0].embedding.length;
        console.log('TOLD ' + JSON.stringify(told));
        """;

    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(1);

    private readonly DataFolder _data = new();
    private SiloProcess? _silo;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_silo is not null)
        {
            await _silo.DisposeAsync();
        }

        _data.Dispose();
    }

    [Fact]
    public async Task It_works_unchanged_and_reads_the_errors()
    {
        Assert.SkipUnless(IsInstalled("node") && IsInstalled("npm"), "node and npm are not installed.");
        var folder = Directory.CreateDirectory(Path.Combine(_data.Path, "node")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "package.json"), """{"type":"module"}""");
        await File.WriteAllTextAsync(Path.Combine(folder, "talk.mjs"), Script);
        var (code, output) = await RunAsync("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", Package], new Dictionary<string, string>(), InstallLimit);
        Assert.SkipUnless(code == 0, $"npm could not install {Package}: {output}");

        _silo = await SiloProcess.ReadyAsync("local", _data.Path, "2p2d");
        var url = new Uri(_silo.Client.BaseAddress!, "/v1").ToString();
        (code, output) = await RunAsync("node", [Path.Combine(folder, "talk.mjs")], new Dictionary<string, string> { ["KREWE_URL"] = url }, RunLimit);
        Assert.True(code == 0, output);
        var told = JsonDocument.Parse(output.Split('\n').Single(line => line.StartsWith("TOLD ", StringComparison.Ordinal))[5..]).RootElement;

        var (whole, stream) = (told.GetProperty("whole"), told.GetProperty("stream"));
        Assert.NotEmpty(Text(whole, "text"));
        Assert.NotEmpty(Text(whole, "id"));
        Assert.Equal(("length", 24), (Text(whole, "finish"), whole.GetProperty("tokens").GetInt32()));
        Assert.Equal((Text(whole, "text"), "length", 24), (Text(stream, "text"), Text(stream, "finish"), stream.GetProperty("tokens").GetInt32()));
        Assert.Equal(Text(whole, "text"), Text(told, "held"));

        var unknown = told.GetProperty("unknown");
        Assert.Equal(("NotFoundError", 404, "model_not_found", "model"), (Text(unknown, "type"), unknown.GetProperty("status").GetInt32(), Text(unknown, "code"), Text(unknown, "param")));
        Assert.Contains("no-such-model", Text(unknown, "message"), StringComparison.Ordinal);
        Assert.NotEmpty(Text(unknown, "id"));
        var bad = told.GetProperty("bad");
        Assert.Equal(("BadRequestError", 400, "invalid_request", "max_tokens"), (Text(bad, "type"), bad.GetProperty("status").GetInt32(), Text(bad, "code"), Text(bad, "param")));

        Assert.Equal("sim-model", Assert.Single(told.GetProperty("models").EnumerateArray()).GetString());
        Assert.Equal(5, told.GetProperty("completion").GetInt32());
        Assert.True(told.GetProperty("vector").GetInt32() > 0);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Any(folder => File.Exists(Path.Combine(folder, program)));

    private static async Task<(int Code, string Output)> RunAsync(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, TimeSpan within)
    {
        await using var process = ChildProcess.Start(program, arguments, environment);
        try
        {
            var code = await process.ExitAsync(within);
            return (code, process.Output);
        }
        catch (TimeoutException)
        {
            return (-1, $"{program} did not end within {within}.");
        }
    }
}
