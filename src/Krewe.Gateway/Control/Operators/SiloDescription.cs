using Krewe.Core.Identity;

namespace Krewe.Gateway.Control.Operators;

/// <summary>One silo of the cluster, for people.</summary>
/// <param name="Id">One life of the node.</param>
/// <param name="State">Where it stands.</param>
/// <param name="IsSelf">Whether it is the one that was asked.</param>
public sealed record SiloDescription(SiloId Id, SiloState State, bool IsSelf);
