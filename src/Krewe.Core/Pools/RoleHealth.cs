using Krewe.Core.Instances;

namespace Krewe.Core.Pools;

/// <summary>How a role of a pool is manned.</summary>
/// <param name="Role">Which.</param>
/// <param name="Schedulable">Instances that take new work.</param>
/// <param name="Total">All instances of the role, but for those that were drained.</param>
public readonly record struct RoleHealth(InstanceRole Role, int Schedulable, int Total);
