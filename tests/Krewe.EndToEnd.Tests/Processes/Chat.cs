using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Krewe.EndToEnd.Tests.Processes;

/// <summary>Chat requests as curl would send them.</summary>
internal static class Chat
{
    public static HttpRequestMessage Request(string text, bool stream, int maxTokens = 16, string model = "sim-model") =>
        new(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = JsonContent.Create(new
            {
                model,
                messages = new[] { new { role = "user", content = text } },
                stream,
                max_tokens = maxTokens,
                ignore_eos = true,
            }),
        };

    /// <summary>The events of a stream, as they come; the last one is <c>[DONE]</c> where the stream is whole.</summary>
    public static async IAsyncEnumerable<string> EventsAsync(HttpResponseMessage response)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(), Encoding.UTF8);
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                yield return line[6..];
            }
        }
    }

    public static string Text(IEnumerable<string> events) => string.Concat(events
        .Where(data => data != "[DONE]")
        .Select(data => JsonDocument.Parse(data).RootElement)
        .SelectMany(chunk => chunk.GetProperty("choices").EnumerateArray())
        .Select(choice => choice.GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() : null));
}
