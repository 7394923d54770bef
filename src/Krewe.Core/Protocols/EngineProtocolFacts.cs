namespace Krewe.Core.Protocols;

/// <summary>What routing must know of an engine family. How its bytes look is the business of Krewe.Engines.</summary>
public static class EngineProtocolFacts
{
    /// <summary>Whether prefill and decode may be served by two instances of this family.</summary>
    public static bool CanDisaggregate(this EngineProtocol protocol) => protocol is EngineProtocol.Vllm;

    /// <summary>Whether a decode instance can serve a whole request alone. vLLM re-prefills locally where no transfer parameters come.</summary>
    public static bool DecodeCanPrefill(this EngineProtocol protocol) => protocol is EngineProtocol.Vllm;

    /// <summary>Whether this build has the wire protocol of the family; a registration of another is refused.</summary>
    public static bool IsSupported(this EngineProtocol protocol) => protocol is EngineProtocol.Vllm or EngineProtocol.OpenAI;

    /// <summary>The name in the registration contract: <c>vllm</c>, <c>openai</c>, …</summary>
    public static string WireName(this EngineProtocol protocol) => protocol switch
    {
        EngineProtocol.OpenAI => "openai",
        EngineProtocol.Vllm => "vllm",
        EngineProtocol.Sglang => "sglang",
        EngineProtocol.Xllm => "xllm",
        EngineProtocol.Trtllm => "trtllm",
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, null),
    };

    public static bool TryParse(string? name, out EngineProtocol protocol)
    {
        foreach (var known in Enum.GetValues<EngineProtocol>())
        {
            if (string.Equals(known.WireName(), name, StringComparison.Ordinal))
            {
                protocol = known;
                return true;
            }
        }

        protocol = default;
        return false;
    }
}
