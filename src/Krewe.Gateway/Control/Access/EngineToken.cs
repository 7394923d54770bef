namespace Krewe.Gateway.Control.Access;

/// <summary>A bearer token of an engine identity, and the names that it owns.</summary>
public sealed class EngineToken
{
    /// <summary>SHA-256 of the token's UTF-8 bytes, as 64 hex digits. The token itself is kept nowhere.</summary>
    public string Sha256 { get; set; } = "";

    /// <summary>The pools that it may register in: a name, or a beginning of names followed by <c>*</c>. Default: all.</summary>
    public string Pool { get; set; } = "*";

    /// <summary>The instances that it owns there: a name, or a beginning of names followed by <c>*</c>. Default: all.</summary>
    public string Name { get; set; } = "*";
}
