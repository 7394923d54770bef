namespace Krewe.Simulation.Plans;

/// <summary>What lies between the actors.</summary>
internal enum ActorLinks
{
    /// <summary>Nothing: one process.</summary>
    Direct,

    /// <summary>A network that delays and reorders.</summary>
    Delayed,

    /// <summary>A network that also loses and repeats.</summary>
    Lossy,
}
