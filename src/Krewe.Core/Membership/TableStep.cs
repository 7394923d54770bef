namespace Krewe.Core.Membership;

/// <summary>What a silo does about the membership table, by what it reads there. Closed; each value but the first is a metric tag.</summary>
public enum TableStep
{
    None,

    /// <summary>Writes its own row again.</summary>
    Register,

    /// <summary>Raises the table's version above the one that silos know: they take no older table for true.</summary>
    Raise,

    /// <summary>Goes, in order: it is in no table, and cannot get into one.</summary>
    Leave,
}
