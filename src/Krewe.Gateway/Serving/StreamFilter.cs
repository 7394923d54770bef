namespace Krewe.Gateway.Serving;

/// <summary>What an attempt's stream has that the client is not shown, or not so.</summary>
internal readonly record struct StreamFilter
{
    /// <summary>Usage in chunks with choices.</summary>
    public bool HideChunkUsage { get; init; }

    /// <summary>The chunk without choices that tells the usage.</summary>
    public bool HideUsageChunk { get; init; }

    public bool HideTokenIds { get; init; }

    /// <summary>The client has a part of the answer: what follows carries the same id and time, and the usage of all of it.</summary>
    public bool IsContinued { get; init; }

    /// <summary>The client has the role.</summary>
    public bool HideRole { get; init; }

    /// <summary>A completion that is shown as a chat.</summary>
    public bool AsChat { get; init; }
}
