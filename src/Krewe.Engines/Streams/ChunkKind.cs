namespace Krewe.Engines.Streams;

/// <summary>What a payload of a stream, or a whole reply, is.</summary>
public enum ChunkKind
{
    /// <summary>JSON that is none of the others.</summary>
    Other,

    /// <summary>It has choices.</summary>
    Choices,

    /// <summary><c>choices</c> is empty: the usage at the end of a stream.</summary>
    UsageOnly,

    /// <summary>An error under HTTP 200, nested or flat.</summary>
    Error,

    /// <summary><c>[DONE]</c>.</summary>
    Done,

    /// <summary>Not a JSON object.</summary>
    Malformed,
}
