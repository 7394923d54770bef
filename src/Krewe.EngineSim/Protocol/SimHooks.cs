namespace Krewe.EngineSim.Protocol;

/// <summary>What a request's <c>krewe_sim</c> object asks for. A test hook: engines ignore fields that they do not know, and so may anything on the way.</summary>
internal sealed record SimHooks
{
    /// <summary>Seed of the answer instead of the prompt's; 0 to 2^53 - 1.</summary>
    public ulong? Seed { get; init; }

    /// <summary>The answer has so many tokens before it ends by itself, whatever <c>max_tokens</c> allows beyond.</summary>
    public int? AnswerTokens { get; init; }

    public required SimStreamShape Shape { get; init; }
}
