using Krewe.Core.Identity;
using Krewe.Core.Pools;

namespace Krewe.Fleet.Pools;

/// <summary>What is stored of a pool.</summary>
/// <param name="Version">Rises with each change of the definition.</param>
/// <param name="Definition">The definition in force.</param>
/// <param name="Members">Every instance that registered and was not removed: whom to wake after a restart.</param>
public sealed record PoolRecord(long Version, PoolDefinition Definition, IReadOnlyList<InstanceName> Members)
{
    /// <summary>Of the activation that wrote it: each counts on from the last.</summary>
    public long Generation { get; init; }

    /// <summary>On a conflict: the later definition, and the members of both.</summary>
    public static PoolRecord Merge(PoolRecord ours, PoolRecord? stored)
    {
        ArgumentNullException.ThrowIfNull(ours);
        return stored is null
            ? ours
            : (ours.Version >= stored.Version ? ours : stored) with
            {
                Members = [.. ours.Members.Union(stored.Members)],
                Generation = Math.Max(ours.Generation, stored.Generation),
            };
    }
}
