namespace Krewe.Core.Load;

/// <summary>What became of a reserve.</summary>
public enum ReserveOutcome
{
    Reserved,

    /// <summary>The leg holds its reservation already: the same call came twice.</summary>
    AlreadyReserved,

    /// <summary>The ledger is on another epoch.</summary>
    EpochMoved,

    /// <summary>The limit is reached.</summary>
    Full,

    /// <summary>The leg was released before this reserve arrived; it must not hold anything.</summary>
    AlreadyReleased,
}
