using Krewe.Engines.Http;
using Krewe.Engines.Streams;

namespace Krewe.Engines.Protocols;

/// <summary>What a prefill leg's reply says.</summary>
/// <param name="Failure"><see cref="EngineFailure.None"/> if the leg is done; an error or an abort under HTTP 200 otherwise.</param>
/// <param name="TransferParams">What the decode leg must carry, as JSON; empty where the prefill ended early and keeps nothing: then decode serves alone.</param>
/// <param name="Finish">How the prefill ended; <see cref="FinishReason.Length"/> is the usual.</param>
/// <param name="PromptTokens">The prompt's tokens by the engine's usage; -1 if it did not tell.</param>
public readonly record struct PrefillReply(EngineFailure Failure, ReadOnlyMemory<byte> TransferParams, FinishReason Finish, int PromptTokens)
{
    public bool HasTransfer => !TransferParams.IsEmpty;
}
