using System.Text.Json;
using Krewe.EngineSim.Hosting;
using Krewe.EngineSim.Protocol;
using Krewe.EngineSim.Tokens;
using Microsoft.AspNetCore.Http;

namespace Krewe.EngineSim.Http;

/// <summary><c>POST /tokenize</c> (of a prompt, or of messages as the chat template renders them) and <c>/detokenize</c>.</summary>
internal sealed class TokenizeEndpoint(EngineLife life)
{
    public async Task TokenizeAsync(HttpContext http)
    {
        using var body = await http.Request.ReadBodyAsync(http.RequestAborted).ConfigureAwait(false);
        var (ids, withTexts) = ReadTokenize(body.Written);
        using var answer = new Utf8Buffer(4096);
        answer.Append("{\"count\":"u8).Append(ids.Length)
            .Append(",\"max_model_len\":"u8).Append(life.Options.MaxModelLength)
            .Append(",\"tokens\":"u8).AppendInts(ids)
            .Append(",\"token_strs\":"u8);
        if (withTexts)
        {
            answer.Append("["u8);
            for (var i = 0; i < ids.Length; i++)
            {
                answer.Append(i == 0 ? ""u8 : ","u8).AppendString(SimTokenizer.Decode(ids[i]));
            }

            answer.Append("]}"u8);
        }
        else
        {
            answer.Append("null}"u8);
        }

        await http.Response.WriteJsonAsync(200, answer, http.RequestAborted).ConfigureAwait(false);
    }

    public static async Task DetokenizeAsync(HttpContext http)
    {
        using var body = await http.Request.ReadBodyAsync(http.RequestAborted).ConfigureAwait(false);
        using var answer = new Utf8Buffer(4096);
        answer.Append("{\"prompt\":"u8).AppendString(SimTokenizer.Decode(ReadDetokenize(body.Written))).Append("}"u8);
        await http.Response.WriteJsonAsync(200, answer, http.RequestAborted).ConfigureAwait(false);
    }

    private (int[] Ids, bool WithTexts) ReadTokenize(ReadOnlySpan<byte> body)
    {
        var chat = new ChatPrompt(life.Options.Template);
        var prompts = new List<PromptInput>();
        var isChat = false;
        var withTexts = false;
        JsonFields.ReadObject(body, (ref Utf8JsonReader json) =>
        {
            if (json.ValueTextEquals("prompt"u8))
            {
                PromptReader.Read(ref json, prompts);
            }
            else if (json.ValueTextEquals("messages"u8))
            {
                isChat = true;
                chat.ReadMessages(ref json);
            }
            else if (json.ValueTextEquals("add_generation_prompt"u8))
            {
                chat.AddGenerationPrompt = JsonFields.OptionalBool(ref json, "add_generation_prompt") ?? true;
            }
            else if (json.ValueTextEquals("continue_final_message"u8))
            {
                chat.ContinueFinalMessage = JsonFields.OptionalBool(ref json, "continue_final_message") ?? false;
            }
            else if (json.ValueTextEquals("return_token_strs"u8))
            {
                withTexts = JsonFields.OptionalBool(ref json, "return_token_strs") ?? false;
            }
            else
            {
                return false;
            }

            return true;
        });

        if (isChat)
        {
            return (chat.Render(), withTexts);
        }

        return prompts.Count == 1 ? (prompts[0].Ids, withTexts) : throw JsonFields.Wrong("prompt", "a string");
    }

    private static int[] ReadDetokenize(ReadOnlySpan<byte> body)
    {
        var ids = new List<int>();
        JsonFields.ReadObject(body, (ref Utf8JsonReader json) =>
        {
            if (!json.ValueTextEquals("tokens"u8))
            {
                return false;
            }

            json.Read();
            if (json.TokenType != JsonTokenType.StartArray)
            {
                throw JsonFields.Wrong("tokens", "an array of token ids");
            }

            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                ids.Add(JsonFields.Int(ref json, "tokens"));
            }

            return true;
        });
        return [.. ids];
    }
}
