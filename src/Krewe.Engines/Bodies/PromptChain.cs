using System.Text.Json;
using Krewe.Core.Routing.Prefix;

namespace Krewe.Engines.Bodies;

/// <summary>
/// The chain of block hashes of a request's prompt, from where the scan of its body found it; nothing of the prompt is kept.
/// Token ids are hashed as such; text, and a chat's messages, as the JSON that the client wrote, 4 bytes a token: who
/// sends the same conversation with one more turn writes it the same way. Tools, templates and what else an engine puts
/// before the messages are not looked at.
/// </summary>
public static class PromptChain
{
    /// <param name="body">The request.</param>
    /// <param name="root">What its tenant's chains begin with.</param>
    /// <returns>Empty where the prompt is shorter than a block, is none of these, or is one of several.</returns>
    public static ulong[] Of(RequestBody body, ulong root)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (body.HasAny(RequestTraits.PromptEmbeds | RequestTraits.ListPrompt))
        {
            return [];
        }

        return body.Endpoint switch
        {
            RequestEndpoint.ChatCompletions => PrefixBlocks.OfText(root, body.Value(BodyProperty.Messages).Span),
            RequestEndpoint.Completions => OfPrompt(root, body.Value(BodyProperty.Prompt).Span, body.PromptKind),
            _ => [],
        };
    }

    private static ulong[] OfPrompt(ulong root, ReadOnlySpan<byte> json, PromptKind kind) => kind switch
    {
        PromptKind.Text => PrefixBlocks.OfText(root, json[1..^1]),
        PromptKind.TextList => PrefixBlocks.OfText(root, json[(json.IndexOf((byte)'"') + 1)..json.LastIndexOf((byte)'"')]),
        PromptKind.Tokens or PromptKind.TokenLists => OfTokens(root, json),
        _ => [],
    };

    /// <summary>Of one list of ids, perhaps within another.</summary>
    private static ulong[] OfTokens(ulong root, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        Span<int> block = stackalloc int[PrefixBlocks.TokensPerBlock];
        var chain = new ulong[Math.Min(PrefixBlocks.MaxBlocks, (json.Count((byte)',') + 1) / PrefixBlocks.TokensPerBlock)];
        var (filled, blocks) = (0, 0);
        while (blocks < chain.Length && reader.Read())
        {
            if (reader.TokenType != JsonTokenType.Number)
            {
                continue;
            }

            if (!reader.TryGetInt32(out block[filled++]))
            {
                // No id of any tokenizer: the engine will say so.
                return [];
            }

            if (filled == block.Length)
            {
                root = chain[blocks++] = PrefixBlocks.Next(root, block);
                filled = 0;
            }
        }

        return chain;
    }
}
