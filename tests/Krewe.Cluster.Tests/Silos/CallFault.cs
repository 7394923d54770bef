namespace Krewe.Cluster.Tests.Silos;

/// <summary>What befalls a call between actors.</summary>
internal enum CallFault
{
    None,

    /// <summary>It fails at once.</summary>
    Throws,

    /// <summary>It gets nowhere.</summary>
    Hangs,

    /// <summary>It is carried out, and its answer is lost.</summary>
    LosesAnswer,

    /// <summary>It gets there when its sender has given it up.</summary>
    IsLate,
}
