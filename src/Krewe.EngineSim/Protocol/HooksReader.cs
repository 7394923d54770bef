using System.Text.Json;
using Krewe.EngineSim.Tokens;

namespace Krewe.EngineSim.Protocol;

/// <summary>Reads a request's <c>krewe_sim</c> object.</summary>
internal static class HooksReader
{
    public static SimHooks Read(ref Utf8JsonReader json, SimHooks defaults)
    {
        if (!JsonFields.OptionalObject(ref json, "krewe_sim"))
        {
            return defaults;
        }

        var hooks = defaults;
        var shape = defaults.Shape;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("seed"u8))
            {
                hooks = hooks with { Seed = JsonFields.OptionalSeed(ref json, "krewe_sim.seed") };
            }
            else if (json.ValueTextEquals("answer_tokens"u8))
            {
                hooks = hooks with { AnswerTokens = JsonFields.OptionalInt(ref json, "krewe_sim.answer_tokens", 0, SimTokens.MaxIndex) };
            }
            else
            {
                shape = ReadShape(ref json, shape);
            }
        }

        foreach (var error in shape.Errors())
        {
            throw EngineErrorException.Bad("krewe_sim." + error, "krewe_sim");
        }

        return hooks with { Shape = shape };
    }

    private static SimStreamShape ReadShape(ref Utf8JsonReader json, SimStreamShape shape)
    {
        if (json.ValueTextEquals("split_characters"u8))
        {
            return shape with { SplitCharacters = JsonFields.OptionalBool(ref json, "krewe_sim.split_characters") ?? false };
        }

        if (json.ValueTextEquals("split_writes"u8))
        {
            return shape with { SplitWrites = JsonFields.OptionalBool(ref json, "krewe_sim.split_writes") ?? false };
        }

        if (json.ValueTextEquals("empty_every"u8))
        {
            return shape with { EmptyEvery = JsonFields.OptionalInt(ref json, "krewe_sim.empty_every", 0, 1_000_000) ?? 0 };
        }

        if (json.ValueTextEquals("tokens_per_chunk"u8))
        {
            return shape with { TokensPerChunk = JsonFields.OptionalInt(ref json, "krewe_sim.tokens_per_chunk", 1, 10_000) ?? 1 };
        }

        if (json.ValueTextEquals("comments"u8))
        {
            return shape with { Comments = JsonFields.OptionalBool(ref json, "krewe_sim.comments") ?? false };
        }

        if (json.ValueTextEquals("crlf"u8))
        {
            return shape with { Crlf = JsonFields.OptionalBool(ref json, "krewe_sim.crlf") ?? false };
        }

        throw EngineErrorException.Bad($"krewe_sim: no such field: {json.GetString()}.", "krewe_sim");
    }
}
