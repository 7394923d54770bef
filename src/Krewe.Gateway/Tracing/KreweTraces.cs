using System.Diagnostics;

namespace Krewe.Gateway.Tracing;

/// <summary>Where the silo's spans come from. Where nobody listens, none is made, and a request costs one look at whether somebody does.</summary>
public static class KreweTraces
{
    public const string SourceName = "Krewe";

    internal static readonly ActivitySource Source = new(SourceName);

    /// <summary><c>gen_ai.provider.name</c> of what this silo serves; of a leg, the engine's protocol.</summary>
    internal const string Provider = "krewe";
}
