using Krewe.Cluster.Tests.Silos;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Krewe.HostConformance;

namespace Krewe.Cluster.Tests.Hosts;

/// <summary>The Orleans host as one of three silos: the suite talks to the first, the actors live on all.</summary>
public sealed class ClusterHostFixture : HostFixture
{
    private readonly ClusterFixture _cluster;

    public ClusterHostFixture() => _cluster = new ClusterFixture(Probe);

    public override IActors Actors => _cluster.Silos[0].Actors;

    public override FleetServices Services => _cluster.Silos[0].Fleet;

    public override IEnumerable<FleetServices> Silos => _cluster.Silos.Select(silo => silo.Fleet);

    /// <summary>Where silos die one at a time, nothing is lost at once; see <see cref="SiloLossTests"/>.</summary>
    public override bool SupportsCrash => false;

    public override ValueTask InitializeAsync() => _cluster.InitializeAsync();

    public override ValueTask RestartAsync() => throw new NotSupportedException("The suite's restarts are for a host that is alone.");

    public override ValueTask CrashAsync() => throw new NotSupportedException("The suite's restarts are for a host that is alone.");

    public override ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
