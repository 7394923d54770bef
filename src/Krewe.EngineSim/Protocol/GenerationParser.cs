using System.Text.Json;
using Krewe.EngineSim.Tokens;

namespace Krewe.EngineSim.Protocol;

/// <summary>Reads a generation body in one pass, without a document. Unknown fields are passed over, as vLLM does.</summary>
internal static class GenerationParser
{
    /// <exception cref="EngineErrorException">400, naming the field.</exception>
    public static GenerationRequest Parse(ReadOnlySpan<byte> body, bool isChat, SimStreamShape shape, ChatTemplate template)
    {
        var request = new GenerationRequest { IsChat = isChat, Hooks = new SimHooks { Shape = shape } };
        var chat = isChat ? new ChatPrompt(template) : null;
        JsonFields.ReadObject(body, (ref Utf8JsonReader json) => ReadField(ref json, request, chat));
        if (chat is not null)
        {
            request.Prompts.Add(new PromptInput(chat.Render()));
        }

        Check(request);
        return request;
    }

    private static bool ReadField(ref Utf8JsonReader json, GenerationRequest request, ChatPrompt? chat)
    {
        if (json.ValueTextEquals("model"u8))
        {
            request.Model = JsonFields.OptionalString(ref json, "model");
        }
        else if (chat is null && json.ValueTextEquals("prompt"u8))
        {
            PromptReader.Read(ref json, request.Prompts);
        }
        else if (chat is not null && json.ValueTextEquals("messages"u8))
        {
            chat.ReadMessages(ref json);
        }
        else if (chat is not null && json.ValueTextEquals("add_generation_prompt"u8))
        {
            chat.AddGenerationPrompt = JsonFields.OptionalBool(ref json, "add_generation_prompt") ?? true;
        }
        else if (chat is not null && json.ValueTextEquals("continue_final_message"u8))
        {
            chat.ContinueFinalMessage = JsonFields.OptionalBool(ref json, "continue_final_message") ?? false;
        }
        else if (json.ValueTextEquals("stream"u8))
        {
            request.Stream = JsonFields.OptionalBool(ref json, "stream") ?? false;
        }
        else if (json.ValueTextEquals("stream_options"u8))
        {
            ReadStreamOptions(ref json, request);
        }
        else if (json.ValueTextEquals("max_tokens"u8))
        {
            // The newer max_completion_tokens goes before it, wherever it stands.
            var tokens = JsonFields.OptionalInt(ref json, "max_tokens", 0, int.MaxValue);
            request.MaxTokens ??= tokens;
        }
        else if (chat is not null && json.ValueTextEquals("max_completion_tokens"u8))
        {
            request.MaxTokens = JsonFields.OptionalInt(ref json, "max_completion_tokens", 0, int.MaxValue) ?? request.MaxTokens;
        }
        else if (json.ValueTextEquals("kv_transfer_params"u8))
        {
            request.Transfer = TransferReader.Read(ref json);
        }
        else if (json.ValueTextEquals("krewe_sim"u8))
        {
            request.Hooks = HooksReader.Read(ref json, request.Hooks);
        }
        else
        {
            return ReadRareField(ref json, request);
        }

        return true;
    }

    private static bool ReadRareField(ref Utf8JsonReader json, GenerationRequest request)
    {
        if (json.ValueTextEquals("n"u8))
        {
            request.Choices = JsonFields.OptionalInt(ref json, "n", 1, 128) ?? 1;
        }
        else if (json.ValueTextEquals("min_tokens"u8))
        {
            request.MinTokens = JsonFields.OptionalInt(ref json, "min_tokens", 0, int.MaxValue) ?? 0;
        }
        else if (json.ValueTextEquals("ignore_eos"u8))
        {
            request.IgnoreEos = JsonFields.OptionalBool(ref json, "ignore_eos") ?? false;
        }
        else if (json.ValueTextEquals("stop"u8))
        {
            JsonFields.Strings(ref json, "stop", request.Stop);
        }
        else if (json.ValueTextEquals("include_stop_str_in_output"u8))
        {
            request.IncludeStopText = JsonFields.OptionalBool(ref json, "include_stop_str_in_output") ?? false;
        }
        else if (json.ValueTextEquals("echo"u8))
        {
            request.Echo = JsonFields.OptionalBool(ref json, "echo") ?? false;
        }
        else if (json.ValueTextEquals("return_token_ids"u8))
        {
            request.ReturnTokenIds = JsonFields.OptionalBool(ref json, "return_token_ids") ?? false;
        }
        else if (json.ValueTextEquals("cache_salt"u8))
        {
            request.CacheSalt = JsonFields.OptionalString(ref json, "cache_salt");
        }
        else
        {
            return false;
        }

        return true;
    }

    private static void ReadStreamOptions(ref Utf8JsonReader json, GenerationRequest request)
    {
        if (!JsonFields.OptionalObject(ref json, "stream_options"))
        {
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("include_usage"u8))
            {
                request.IncludeUsage = JsonFields.OptionalBool(ref json, "stream_options.include_usage") ?? false;
            }
            else if (json.ValueTextEquals("continuous_usage_stats"u8))
            {
                request.ContinuousUsage = JsonFields.OptionalBool(ref json, "stream_options.continuous_usage_stats") ?? false;
            }
            else
            {
                json.Read();
                json.Skip();
            }
        }
    }

    private static void Check(GenerationRequest request)
    {
        if (request.Prompts.Count == 0 || request.Prompts.Exists(static prompt => prompt.Ids.Length == 0))
        {
            throw EngineErrorException.Bad("Either prompt or messages must be given, and not empty.", request.IsChat ? "messages" : "prompt");
        }

        if (request.MaxTokens == 0 && !request.Echo)
        {
            throw EngineErrorException.Bad("max_tokens must be at least 1, got 0.", "max_tokens");
        }

        if (request.MinTokens > (request.MaxTokens ?? int.MaxValue))
        {
            throw EngineErrorException.Bad($"min_tokens must be less than or equal to max_tokens={request.MaxTokens}, got {request.MinTokens}.", "min_tokens");
        }

        if (request.Prompts.Count * request.Choices > 1024)
        {
            throw EngineErrorException.Bad("Too many prompts and choices in one request: 1,024 at most.", "prompt");
        }
    }
}
