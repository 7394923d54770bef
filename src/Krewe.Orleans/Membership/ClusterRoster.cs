using Krewe.Core.Identity;
using Krewe.Fleet.Hosting;

namespace Krewe.Orleans.Membership;

/// <summary>Tells the fleet what Orleans' membership says. A silo's name in the membership is the id that its reservations carry.</summary>
internal sealed class ClusterRoster(FleetServices fleet, IClusterMembershipService membership)
{
    private volatile Dictionary<SiloId, SiloAddress> _addresses = [];

    /// <summary>Where a silo is reached; null if it is not there.</summary>
    public SiloAddress? AddressOf(SiloId silo) => _addresses.GetValueOrDefault(silo);

    /// <summary>Reads the membership as it is now.</summary>
    public void Look() => Take(membership.CurrentSnapshot);

    /// <summary>Follows the membership until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(cancellationToken))
        {
            Take(snapshot);
        }
    }

    private void Take(ClusterMembershipSnapshot snapshot)
    {
        var named = snapshot.Members.Values.Where(member => !string.IsNullOrEmpty(member.Name)).ToList();
        var addresses = new Dictionary<SiloId, SiloAddress>();
        foreach (var member in named.Where(member => member.Status is SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping))
        {
            addresses[new SiloId(member.Name)] = member.SiloAddress;
        }

        _addresses = addresses;
        fleet.Roster.Update(
            Ids(SiloStatus.Active),
            Ids(SiloStatus.ShuttingDown).Concat(Ids(SiloStatus.Stopping)),
            Ids(SiloStatus.Dead));

        IEnumerable<SiloId> Ids(SiloStatus status) => named.Where(member => member.Status == status).Select(member => new SiloId(member.Name));
    }
}
