using System.Text;
using System.Text.Json;

namespace Krewe.Gateway.Tests.Client;

/// <summary>A stream as a client saw it, checked for what no stream may have, however many engines made it.</summary>
internal sealed class Answer
{
    private Answer(List<string> data, bool isCut)
    {
        Data = data;
        IsCut = isCut;
    }

    public List<string> Data { get; }

    /// <summary>Whether the connection broke instead of ending in good order.</summary>
    public bool IsCut { get; }

    public bool IsDone => Data.Count > 0 && Data[^1] == "[DONE]";

    public string Text { get; private set; } = "";

    public string? Finish { get; private set; }

    /// <summary>The <c>usage</c> of the chunk without choices.</summary>
    public (int Prompt, int Completion, int Total)? Usage { get; private set; }

    /// <summary>The code of the error event.</summary>
    public string? ErrorCode { get; private set; }

    public static async Task<Answer> ReadAsync(HttpResponseMessage response)
    {
        var data = new List<string>();
        var isCut = false;
        try
        {
            await foreach (var one in Sse.DataAsync(response))
            {
                data.Add(one);
            }
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            isCut = true;
        }

        var answer = new Answer(data, isCut);
        answer.Check();
        return answer;
    }

    private void Check()
    {
        var identities = new HashSet<string>();
        var text = new StringBuilder();
        var roles = 0;
        foreach (var one in Data)
        {
            Assert.Null(ErrorCode);
            if (one == "[DONE]")
            {
                Assert.Same(Data[^1], one);
                continue;
            }

            using var json = JsonDocument.Parse(one);
            var chunk = json.RootElement;
            if (chunk.TryGetProperty("error", out var error))
            {
                ErrorCode = error.GetProperty("code").GetString();
                continue;
            }

            identities.Add($"{chunk.GetProperty("id")} {chunk.GetProperty("object")} {chunk.GetProperty("created")} {chunk.GetProperty("model")}");
            Assert.Null(Usage);
            Assert.True(!chunk.TryGetProperty("prompt_token_ids", out var promptIds) || promptIds.ValueKind == JsonValueKind.Null, one);
            var choices = chunk.GetProperty("choices").EnumerateArray().ToList();
            if (choices.Count == 0)
            {
                var usage = chunk.GetProperty("usage");
                Usage = (Number(usage, "prompt_tokens"), Number(usage, "completion_tokens"), Number(usage, "total_tokens"));
                continue;
            }

            Assert.True(!chunk.TryGetProperty("usage", out var inside) || inside.ValueKind == JsonValueKind.Null, one);
            foreach (var choice in choices)
            {
                Assert.Null(Finish);
                Assert.True(!choice.TryGetProperty("token_ids", out var ids) || ids.ValueKind == JsonValueKind.Null, one);
                Finish = choice.GetProperty("finish_reason").GetString();
                if (choice.TryGetProperty("delta", out var delta))
                {
                    if (delta.TryGetProperty("role", out var role) && role.ValueKind == JsonValueKind.String)
                    {
                        Assert.Equal(0, text.Length);
                        roles++;
                    }

                    text.Append(delta.TryGetProperty("content", out var content) ? TextOf(content) : "");
                }
                else
                {
                    text.Append(choice.GetProperty("text").GetString());
                }
            }
        }

        Text = text.ToString();
        Assert.InRange(identities.Count, 0, 1);
        if (identities.Count == 1)
        {
            Assert.Equal(identities.Single().Contains(" chat.completion.chunk ", StringComparison.Ordinal) ? 1 : 0, roles);
        }
    }

    /// <summary>Half a character as it was escaped: no string can hold it.</summary>
    private static string? TextOf(JsonElement content) => content.GetRawText().Contains("\\ud", StringComparison.Ordinal) ? content.GetRawText() : content.GetString();

    private static int Number(JsonElement usage, string name) => usage.GetProperty(name).GetInt32();
}
