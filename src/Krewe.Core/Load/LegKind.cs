namespace Krewe.Core.Load;

/// <summary>Which half of a binding a reservation is for.</summary>
public enum LegKind
{
    /// <summary>Both halves on one instance.</summary>
    Whole,
    Prefill,
    Decode,
}
