using Krewe.Core.Identity;
using Krewe.Fleet.Hosting;
using Krewe.Gateway.Control.Operators;
using Krewe.Gateway.Lifecycle;

namespace Krewe.Silo;

/// <summary>The silos of the cluster, as Orleans' membership has them. Of this one the silo itself knows best.</summary>
internal sealed class ClusterSilos(FleetServices fleet, SiloLifetime lifetime, IClusterMembershipService membership) : ISiloDirectory
{
    public IReadOnlyList<SiloDescription> List()
    {
        var self = new SiloDescription(
            fleet.Silo, lifetime.IsDraining ? SiloState.Draining : lifetime.IsReady ? SiloState.Active : SiloState.Starting, IsSelf: true);
        return
        [
            self,
            .. membership.CurrentSnapshot.Members.Values
                .Where(member => member.Status is not (SiloStatus.None or SiloStatus.Dead) && member.Name != fleet.Silo.Value && !string.IsNullOrEmpty(member.Name))
                .OrderBy(member => member.Name, StringComparer.Ordinal)
                .Select(member => new SiloDescription(new SiloId(member.Name), State(member.Status), IsSelf: false)),
        ];
    }

    private static SiloState State(SiloStatus status) => status switch
    {
        SiloStatus.Created or SiloStatus.Joining => SiloState.Starting,
        SiloStatus.Active => SiloState.Active,
        _ => SiloState.Draining,
    };
}
