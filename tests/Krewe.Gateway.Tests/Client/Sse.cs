using System.Text;
using System.Text.Json;

namespace Krewe.Gateway.Tests.Client;

/// <summary>Reads a stream as a strict client would.</summary>
internal static class Sse
{
    public static async IAsyncEnumerable<string> DataAsync(HttpResponseMessage response)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(), Encoding.UTF8);
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.Length > 0)
            {
                Assert.StartsWith("data: ", line, StringComparison.Ordinal);
                yield return line[6..];
            }
        }
    }

    public static string Text(IEnumerable<string> data) => string.Concat(data
        .Where(one => one != "[DONE]")
        .SelectMany(one => JsonDocument.Parse(one).RootElement.GetProperty("choices").EnumerateArray().ToList())
        .Select(choice => choice.TryGetProperty("text", out var text) ? text.GetString()
            : choice.GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() : null));
}
