using System.Text.Json;
using Krewe.Engines.Buffers;
using Krewe.Engines.Http;

namespace Krewe.Engines.Continuation;

/// <summary>
/// An engine's <c>/tokenize</c> and <c>/detokenize</c> (vLLM's). Null where the engine does not do it, or not this;
/// <see cref="EngineException"/> where it could not be asked or was in no state to answer.
/// </summary>
internal readonly struct EngineTokenizer(EngineClient client, Uri engine, string model)
{
    private const int MaxReply = 32 << 20;

    /// <summary>The ids of a text, as a JSON array without its brackets.</summary>
    public async ValueTask<TokenizeReply?> TokenizeAsync(string text, CancellationToken cancellationToken)
    {
        using var body = new PooledBuffer();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("model"u8, model);
            json.WriteString("prompt"u8, text);
            json.WriteBoolean("add_special_tokens"u8, false);
            json.WriteEndObject();
        }

        return await SendTokenizeAsync(body.Memory, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The ids of a conversation of one message, with the generation prompt, or with a partial answer that is left open.</summary>
    public async ValueTask<TokenizeReply?> RenderAsync(string message, string? partial, CancellationToken cancellationToken)
    {
        using var body = new PooledBuffer();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("model"u8, model);
            json.WriteStartArray("messages"u8);
            WriteMessage(json, "user", message);
            if (partial is not null)
            {
                WriteMessage(json, "assistant", partial);
            }

            json.WriteEndArray();
            json.WriteBoolean("add_generation_prompt"u8, partial is null);
            json.WriteBoolean("continue_final_message"u8, partial is not null);
            json.WriteEndObject();
        }

        return await SendTokenizeAsync(body.Memory, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The text of ids, given as a list of numbers without brackets.</summary>
    public async ValueTask<string?> DetokenizeAsync(ReadOnlyMemory<byte> ids, CancellationToken cancellationToken)
    {
        using var body = new PooledBuffer();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("model"u8, model);
            json.WritePropertyName("tokens"u8);
            json.WriteRawValue([(byte)'[', .. ids.Span, (byte)']'], skipInputValidation: true);
            json.WriteEndObject();
        }

        using var reply = await SendAsync("/detokenize", body.Memory, cancellationToken).ConfigureAwait(false);
        return reply is null ? null : ReadText(reply.Span);
    }

    private static void WriteMessage(Utf8JsonWriter json, string role, string content)
    {
        json.WriteStartObject();
        json.WriteString("role"u8, role);
        json.WriteString("content"u8, content);
        json.WriteEndObject();
    }

    private async ValueTask<TokenizeReply?> SendTokenizeAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using var reply = await SendAsync("/tokenize", body, cancellationToken).ConfigureAwait(false);
        return reply is null ? null : ReadTokens(reply.Span);
    }

    private async ValueTask<PooledBuffer?> SendAsync(string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        // No attempt of a request: the id says so, and is never one.
        var call = new EngineCall { Engine = engine, Path = path, Body = body, RequestId = "krewe-tokenize" };
        using var response = await client.SendAsync(call, cancellationToken).ConfigureAwait(false);
        if (response.Status is >= 400 and < 500 and not (408 or 429) or 501)
        {
            return null;
        }

        if (!response.IsSuccess)
        {
            throw new EngineException(EngineFailure.ErrorStatus, $"The engine answered {path} with status {response.Status}.", null);
        }

        var reply = new PooledBuffer();
        try
        {
            await response.ReadAsync(reply, MaxReply, cancellationToken).ConfigureAwait(false);
            return reply;
        }
        catch
        {
            reply.Dispose();
            throw;
        }
    }

    private static TokenizeReply? ReadTokens(ReadOnlySpan<byte> json)
    {
        byte[]? ids = null;
        int? room = null;
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isTokens = reader.ValueTextEquals("tokens"u8);
                var isRoom = reader.ValueTextEquals("max_model_len"u8);
                reader.Read();
                if (isRoom && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var value))
                {
                    room = value;
                }

                var start = (int)reader.TokenStartIndex;
                var isArray = reader.TokenType == JsonTokenType.StartArray;
                reader.Skip();
                if (isTokens && isArray)
                {
                    ids = json[(start + 1)..((int)reader.BytesConsumed - 1)].Trim(" \t\r\n"u8).ToArray();
                }
            }
        }
        catch (JsonException)
        {
            return null;
        }

        return ids is null ? null : new TokenizeReply(ids, room);
    }

    private static string? ReadText(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isPrompt = reader.ValueTextEquals("prompt"u8);
                reader.Read();
                if (isPrompt && reader.TokenType == JsonTokenType.String)
                {
                    return reader.GetString();
                }

                reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Half a surrogate pair is no text either.
        }

        return null;
    }
}
