namespace Krewe.Core.Instances;

/// <summary>How an instance was found missing.</summary>
public enum EvidenceKind
{
    /// <summary>Nothing was heard, or a probe timed out: the fault may be ours.</summary>
    Silent,

    /// <summary>Its address refused: no process listens there.</summary>
    Dead,
}
