namespace Krewe.EngineSim.Protocol;

/// <summary>Writes a <c>usage</c> object.</summary>
internal static class Usage
{
    /// <param name="to">Where.</param>
    /// <param name="promptTokens">Of all prompts.</param>
    /// <param name="completionTokens">Of all choices.</param>
    /// <param name="tellCachedOf">Where given, how many of the prompts' tokens were found in the cache is told; real servers say null unless asked to at their start.</param>
    public static void Append(Utf8Buffer to, int promptTokens, int completionTokens, List<GenerationCall>? tellCachedOf)
    {
        to.Append("{\"prompt_tokens\":"u8).Append(promptTokens)
            .Append(",\"total_tokens\":"u8).Append(promptTokens + completionTokens)
            .Append(",\"completion_tokens\":"u8).Append(completionTokens)
            .Append(",\"prompt_tokens_details\":"u8);
        if (tellCachedOf is null)
        {
            to.Append("null}"u8);
            return;
        }

        var cached = 0;
        foreach (var call in tellCachedOf)
        {
            cached += call.Sequence.CachedTokens;
        }

        to.Append("{\"cached_tokens\":"u8).Append(cached).Append("}}"u8);
    }
}
