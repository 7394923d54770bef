namespace Krewe.Core.Pools;

/// <summary>Whether a pool serves.</summary>
public enum PoolHealth
{
    Healthy,

    /// <summary>Instances are lost, or a role is not served; the pool still serves.</summary>
    Degraded,

    /// <summary>It cannot serve, or must not, by its failure mode.</summary>
    Down,
}
