namespace Krewe.Engines.Bodies;

/// <summary>Field names to and from their bytes.</summary>
internal static class KnownNames
{
    /// <summary>The longest known name, in bytes; a longer one can only be known by its prefix.</summary>
    public const int MaxLength = 22;

    private static readonly string[] Names =
    [
        "model", "stream", "stream_options", "max_tokens", "max_completion_tokens", "min_tokens", "min_completion_tokens",
        "messages", "prompt", "kv_transfer_params", "cache_salt", "priority", "disaggregated_params",
        "continue_final_message", "add_generation_prompt", "return_token_ids", "krewe",
        "n", "best_of", "echo", "logprobs", "top_logprobs", "prompt_logprobs", "seed", "presence_penalty", "frequency_penalty",
        "repetition_penalty", "tools", "tool_choice", "functions", "function_call", "response_format", "structured_outputs",
        "use_beam_search", "prompt_embeds", "suffix", "input", "vllm_xargs", "stop", "chat_template", "chat_template_kwargs",
    ];

    private static readonly byte[][] Utf8Names = Array.ConvertAll(Names, System.Text.Encoding.ASCII.GetBytes);

    /// <summary>The indexes of <see cref="Names"/> by length and then first byte: a look-up compares one candidate, rarely two.</summary>
    private static readonly KnownName[][] ByLength = BuildByLength();

    public static string Text(KnownName name) => name switch
    {
        KnownName.Guided => "guided_*",
        KnownName.Bootstrap => "bootstrap_*",
        _ => Names[(int)name],
    };

    public static ReadOnlySpan<byte> Utf8(BodyProperty property) => Utf8Names[(int)property];

    public static KnownName Find(ReadOnlySpan<byte> name)
    {
        if (name.Length <= MaxLength)
        {
            foreach (var candidate in ByLength[name.Length])
            {
                if (name.SequenceEqual(Utf8Names[(int)candidate]))
                {
                    return candidate;
                }
            }
        }

        return name.StartsWith("guided_"u8) ? KnownName.Guided
            : name.StartsWith("bootstrap_"u8) || IsEnginesOwn(name) ? KnownName.Bootstrap
            : KnownName.Unknown;
    }

    /// <summary>What engines take from whoever routes: ids, ranks, hashes and keys of caches. Of a client, it would reach into others' requests.</summary>
    private static bool IsEnginesOwn(ReadOnlySpan<byte> name) => name.Length switch
    {
        3 => name.SequenceEqual("rid"u8),
        9 => name.SequenceEqual("extra_key"u8) || name.SequenceEqual("mm_hashes"u8),
        10 => name.SequenceEqual("request_id"u8),
        14 => name.SequenceEqual("routed_dp_rank"u8),
        18 => name.SequenceEqual("data_parallel_rank"u8) || name.SequenceEqual("ec_transfer_params"u8),
        22 => name.SequenceEqual("disagg_prefill_dp_rank"u8),
        _ => false,
    };

    private static KnownName[][] BuildByLength()
    {
        var table = new List<KnownName>[MaxLength + 1];
        for (var length = 0; length <= MaxLength; length++)
        {
            table[length] = [];
        }

        for (var i = 0; i < Names.Length; i++)
        {
            table[Names[i].Length].Add((KnownName)i);
        }

        return Array.ConvertAll(table, names => names.ToArray());
    }
}
