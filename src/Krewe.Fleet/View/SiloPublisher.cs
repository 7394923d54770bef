using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Routing;
using Krewe.Fleet.Journal;
using Krewe.Fleet.Reservations;
using Krewe.Fleet.Telemetry;

namespace Krewe.Fleet.View;

/// <summary>Tells this silo alone: view, journal, and the attempts whose epoch is lost.</summary>
internal sealed class SiloPublisher(FleetView view, EventLog events, LiveReservations reservations, KreweInstruments instruments) : IFleetPublisher
{
    public void Publish(InstanceView instance) => view.Apply(instance);

    public void Publish(PoolPublication pool) => view.Apply(pool);

    public void Publish(PoolStanding standing) => view.Apply(standing);

    public void Publish(FleetEvent entry)
    {
        events.Add(entry);
        instruments.OnTransition(entry);
    }

    public void PublishEpochLost(InstanceId instance, Epoch epoch, EvidenceKind? evidence) =>
        reservations.EpochLost(instance, epoch, evidence);
}
