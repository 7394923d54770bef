namespace Krewe.EngineSim.Protocol;

/// <summary>A body of <c>/v1/completions</c> or <c>/v1/chat/completions</c>, read.</summary>
internal sealed class GenerationRequest
{
    public required bool IsChat { get; init; }

    public string? Model { get; set; }

    public List<PromptInput> Prompts { get; } = [];

    public bool Stream { get; set; }

    public bool IncludeUsage { get; set; }

    public bool ContinuousUsage { get; set; }

    public int Choices { get; set; } = 1;

    /// <summary>Null: not told.</summary>
    public int? MaxTokens { get; set; }

    public int MinTokens { get; set; }

    public bool IgnoreEos { get; set; }

    public List<string> Stop { get; } = [];

    public bool IncludeStopText { get; set; }

    public bool Echo { get; set; }

    public bool ReturnTokenIds { get; set; }

    public string? CacheSalt { get; set; }

    public KvTransferParams? Transfer { get; set; }

    public required SimHooks Hooks { get; set; }
}
