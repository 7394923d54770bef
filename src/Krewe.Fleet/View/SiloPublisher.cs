using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Routing;
using Krewe.Core.Routing.Prefix;
using Krewe.Fleet.Feeds;
using Krewe.Fleet.Journal;
using Krewe.Fleet.Reservations;
using Krewe.Fleet.Telemetry;

namespace Krewe.Fleet.View;

/// <summary>Tells this silo at once: view, journal, and the attempts whose epoch is lost; and those that follow its feed with the next frame.</summary>
internal sealed class SiloPublisher(FleetView view, FleetFeed feed, EventLog events, LiveReservations reservations, KreweInstruments instruments) : IFleetPublisher
{
    public void Publish(InstanceView instance)
    {
        view.Apply(instance);
        feed.Add(instance);
    }

    public void Publish(PoolPublication pool)
    {
        view.Apply(pool);
        feed.Add(pool);
    }

    public void Publish(PoolStanding standing)
    {
        view.Apply(standing);
        feed.Add(standing);
    }

    public void Publish(FleetEvent entry)
    {
        events.Add(entry);
        instruments.OnTransition(entry);
        feed.Add(entry);
    }

    public void Publish(PrefixLesson lesson)
    {
        view.Learn(lesson);
        feed.Add(lesson);
    }

    public void PublishEpochLost(InstanceId instance, Epoch epoch, EvidenceKind? evidence)
    {
        reservations.EpochLost(instance, epoch, evidence);
        feed.Add(new EpochLoss(instance, epoch, evidence));
    }
}
