namespace Krewe.Core.Pools;

/// <summary>How a stream that broke after its first token goes on.</summary>
public enum ContinuationMode
{
    /// <summary>The best way that the engine is found to support.</summary>
    Auto,

    /// <summary>The next attempt starts from the tokens that were delivered.</summary>
    Tokens,

    /// <summary>The next attempt starts from the text that was delivered.</summary>
    Text,

    /// <summary>It does not: the client gets an error.</summary>
    Off,
}
