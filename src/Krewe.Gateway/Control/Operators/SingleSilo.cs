using Krewe.Core.Identity;
using Krewe.Gateway.Lifecycle;

namespace Krewe.Gateway.Control.Operators;

/// <summary>A silo that is alone.</summary>
public sealed class SingleSilo(SiloId id, SiloLifetime lifetime) : ISiloDirectory
{
    public IReadOnlyList<SiloDescription> List() =>
        [new(id, lifetime.IsDraining ? SiloState.Draining : lifetime.IsReady ? SiloState.Active : SiloState.Starting, IsSelf: true)];
}
