namespace Krewe.Engines.Protocols;

/// <summary>What Krewe itself says to an engine in a leg's body. <c>default</c> = nothing.</summary>
public readonly record struct LegValues
{
    /// <summary>The engine's scheduling priority; null = not sent.</summary>
    public int? Priority { get; init; }

    /// <summary>The JSON string of the tenant's cache salt; empty = not sent.</summary>
    public ReadOnlyMemory<byte> CacheSalt { get; init; }

    /// <summary>The JSON of <c>stream_options</c> in place of the client's; empty = the client's own. Not sent on a prefill leg.</summary>
    public ReadOnlyMemory<byte> StreamOptions { get; init; }

    /// <summary>Ask for token ids. Not sent on a prefill leg.</summary>
    public bool TokenIds { get; init; }
}
