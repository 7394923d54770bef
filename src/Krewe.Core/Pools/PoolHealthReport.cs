namespace Krewe.Core.Pools;

/// <summary>A pool's health with its reason.</summary>
/// <param name="Health">Whether it serves.</param>
/// <param name="Reason">Why, from a closed set.</param>
/// <param name="Text">Why, in words.</param>
/// <param name="Roles">The roles that the pool has, in the order prefill, decode, mixed.</param>
public sealed record PoolHealthReport(PoolHealth Health, PoolHealthReason Reason, string Text, IReadOnlyList<RoleHealth> Roles);
