namespace Krewe.Core.Protocols;

/// <summary>The engine families that an instance can speak. Part of the registration contract.</summary>
public enum EngineProtocol
{
    OpenAI,
    Vllm,
    Sglang,
    Xllm,
    Trtllm,
}
