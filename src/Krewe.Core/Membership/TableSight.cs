using Krewe.Core.Identity;

namespace Krewe.Core.Membership;

/// <summary>The membership table as a silo has just read it, beside what it knows.</summary>
/// <param name="Version">The table's.</param>
/// <param name="Members">Silos that have a row and take work.</param>
/// <param name="KnownVersion">Of the membership that the silo goes by.</param>
/// <param name="Known">Silos that take work by that, this one among them, in the order of their names.</param>
public sealed record TableSight(long Version, IReadOnlyCollection<SiloId> Members, long KnownVersion, IReadOnlyList<SiloId> Known);
