using Krewe.Engines.Http;

namespace Krewe.Engines.Continuation;

/// <summary>
/// Whether an engine's chat template leaves a partial answer as it is: partial answers cut at white space and behind
/// characters of several bytes are rendered by its <c>/tokenize</c>, and what <c>/detokenize</c> makes of the ids must be
/// the generation prompt and the partial, to the byte. Texts are compared, not ids: whether the last token of the one
/// and the first of the other are joined is the tokenizer's affair.
/// </summary>
internal static class TemplateTest
{
    private const string Message = "Name three parades of New Orleans.";

    /// <summary>Cut inside a text, where no white space is at either end.</summary>
    private static readonly string[] Inside =
    [
        "Rex", "Zulu, Rex and", "1. Rex\n2. Zulu", "Café", "祭", "A 🎺", "<b>Rex</b> \"Zulu\" {{x}}", "```python\nprint(1)",
    ];

    /// <summary>Cut at white space.</summary>
    private static readonly string[] Edges = [" Rex", "Rex ", "Rex,\n", "Rex\n\n", "\n\nRex", "🎺 ", " 祭\n"];

    /// <summary>One test. Cancelling and transport failures throw <see cref="EngineException"/>.</summary>
    public static async ValueTask<TemplateVerdict> RunAsync(EngineTokenizer tokenizer, CancellationToken cancellationToken)
    {
        var prompt = await RenderAsync(tokenizer, null, cancellationToken).ConfigureAwait(false);
        if (prompt is null || !await HoldsAsync(tokenizer, prompt, Inside, cancellationToken).ConfigureAwait(false))
        {
            return TemplateVerdict.Unsound;
        }

        return await HoldsAsync(tokenizer, prompt, Edges, cancellationToken).ConfigureAwait(false)
            ? TemplateVerdict.Sound
            : TemplateVerdict.SoundInside;
    }

    private static async ValueTask<bool> HoldsAsync(EngineTokenizer tokenizer, string prompt, string[] partials, CancellationToken cancellationToken)
    {
        var rendered = await Task.WhenAll(Array.ConvertAll(partials, partial => RenderAsync(tokenizer, partial, cancellationToken))).ConfigureAwait(false);
        for (var i = 0; i < partials.Length; i++)
        {
            if (!string.Equals(rendered[i], prompt + partials[i], StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Null where the engine refuses to render it: some templates do.</summary>
    private static async Task<string?> RenderAsync(EngineTokenizer tokenizer, string? partial, CancellationToken cancellationToken) =>
        await tokenizer.RenderAsync(Message, partial, cancellationToken).ConfigureAwait(false) is { } reply
            ? await tokenizer.DetokenizeAsync(reply.Ids, cancellationToken).ConfigureAwait(false)
            : null;
}
