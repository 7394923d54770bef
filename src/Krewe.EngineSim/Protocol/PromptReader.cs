using System.Text.Json;
using Krewe.EngineSim.Tokens;

namespace Krewe.EngineSim.Protocol;

/// <summary>Reads <c>prompt</c>: a text, token ids, or a list of either.</summary>
internal static class PromptReader
{
    private const string Expected = "a string, an array of token ids, or an array of these";

    public static void Read(ref Utf8JsonReader json, List<PromptInput> prompts)
    {
        prompts.Clear();
        json.Read();
        if (json.TokenType == JsonTokenType.String)
        {
            prompts.Add(Text(ref json));
            return;
        }

        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw JsonFields.Wrong("prompt", Expected);
        }

        json.Read();
        if (json.TokenType == JsonTokenType.Number)
        {
            prompts.Add(Ids(ref json));
            return;
        }

        for (; json.TokenType != JsonTokenType.EndArray; json.Read())
        {
            if (json.TokenType == JsonTokenType.String)
            {
                prompts.Add(Text(ref json));
            }
            else if (json.TokenType == JsonTokenType.StartArray)
            {
                json.Read();
                prompts.Add(Ids(ref json));
            }
            else
            {
                throw JsonFields.Wrong("prompt", Expected);
            }
        }
    }

    private static PromptInput Text(ref Utf8JsonReader json)
    {
        if (json is { HasValueSequence: false, ValueIsEscaped: false })
        {
            return new PromptInput(SimTokenizer.Encode(json.ValueSpan));
        }

        return new PromptInput(SimTokenizer.Encode(json.GetString()!));
    }

    private static PromptInput Ids(ref Utf8JsonReader json)
    {
        var ids = new List<int>();
        for (; json.TokenType != JsonTokenType.EndArray; json.Read())
        {
            var id = JsonFields.Int(ref json, "prompt");
            ids.Add(id >= 0 ? id : throw JsonFields.Wrong("prompt", "token ids from 0"));
        }

        return new PromptInput([.. ids]);
    }
}
