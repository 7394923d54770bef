namespace Krewe.Silo.Hosting.Commands;

/// <summary>Which simulated engines to start with the silo.</summary>
public enum PlaygroundKind
{
    None,

    /// <summary>2 prefill and 2 decode.</summary>
    TwoPrefillTwoDecode,

    /// <summary>4 mixed.</summary>
    FourMixed,
}
