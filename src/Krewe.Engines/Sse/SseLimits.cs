namespace Krewe.Engines.Sse;

/// <summary>Bounds of one event stream.</summary>
/// <param name="MaxLineBytes">The longest line, without its end, in bytes.</param>
/// <param name="MaxEventBytes">The longest event with all its lines, in bytes.</param>
public sealed record SseLimits(int MaxLineBytes, int MaxEventBytes)
{
    /// <summary>1 MiB a line, 2 MiB an event: a chunk with a whole tool call and log-probabilities fits many times over.</summary>
    public static SseLimits Default { get; } = new(1 << 20, 2 << 20);
}
