namespace Krewe.Core.Instances;

/// <summary>Why an instance takes no binding, as far as its state tells. Whether it is full, the ledger tells.</summary>
public enum BindRefusal
{
    /// <summary>It takes it.</summary>
    None,

    /// <summary>The router chose by an older epoch.</summary>
    EpochMoved,

    NotSchedulable,
}
