using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Krewe.Gateway.Tests.Resume;

/// <summary>One connection of a client that asked for a stream that is held: its events, each with its number.</summary>
internal sealed class HeldConnection(HttpResponseMessage response) : IDisposable
{
    private StreamReader? _reader;

    public string Id => response.Headers.GetValues("Krewe-Request-Id").Single();

    public HttpResponseMessage Response => response;

    /// <summary>Whether the connection broke instead of ending in good order.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Reads so many events, or to the end.</summary>
    public async Task<List<HeldEvent>> ReadAsync(int most = int.MaxValue)
    {
        _reader ??= new StreamReader(await response.Content.ReadAsStreamAsync(), Encoding.UTF8);
        var events = new List<HeldEvent>();
        int? number = null;
        try
        {
            while (events.Count < most && await _reader.ReadLineAsync() is { } line)
            {
                if (line.StartsWith("id: ", StringComparison.Ordinal))
                {
                    Assert.Null(number);
                    number = int.Parse(line[4..], CultureInfo.InvariantCulture);
                }
                else if (line.Length > 0)
                {
                    Assert.StartsWith("data: ", line, StringComparison.Ordinal);
                    events.Add(new HeldEvent(number ?? -1, line[6..]));
                    number = null;
                }
            }
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            IsCut = true;
        }

        return events;
    }

    public void Dispose()
    {
        _reader?.Dispose();
        response.Dispose();
    }
}

/// <summary>An event; -1 where it had no number.</summary>
internal sealed record HeldEvent(int Number, string Data)
{
    public bool IsDone => Data == "[DONE]";

    public string? ErrorCode => IsDone || !JsonDocument.Parse(Data).RootElement.TryGetProperty("error", out var error) ? null : error.GetProperty("code").GetString();

    public string? Text => Choice is { } choice && choice.TryGetProperty("text", out var text) ? text.GetString()
        : Choice is { } chat && chat.TryGetProperty("delta", out var delta) && delta.TryGetProperty("content", out var content) ? content.GetString()
        : null;

    /// <summary>Whether it has a role: an answer has one.</summary>
    public bool HasRole => Choice is { } chat && chat.TryGetProperty("delta", out var delta) && delta.TryGetProperty("role", out var role) && role.ValueKind == JsonValueKind.String;

    /// <summary>The tokens so far, where it tells them.</summary>
    public int? Tokens => Usage("completion_tokens");

    public int? PromptTokens => Usage("prompt_tokens");

    public string? Finish => Choice is { } choice && choice.TryGetProperty("finish_reason", out var finish) ? finish.GetString() : null;

    private JsonElement? Choice =>
        !IsDone && JsonDocument.Parse(Data).RootElement.TryGetProperty("choices", out var choices) && choices.GetArrayLength() > 0 ? choices[0] : null;

    private int? Usage(string name) =>
        !IsDone && JsonDocument.Parse(Data).RootElement.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object ? usage.GetProperty(name).GetInt32() : null;
}
