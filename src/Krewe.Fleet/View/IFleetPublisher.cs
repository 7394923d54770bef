using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Routing;
using Krewe.Core.Routing.Prefix;
using Krewe.Fleet.Journal;

namespace Krewe.Fleet.View;

/// <summary>How actors tell the silos what they know.</summary>
public interface IFleetPublisher
{
    void Publish(InstanceView view);

    void Publish(PoolPublication pool);

    void Publish(PoolStanding standing);

    void Publish(FleetEvent entry);

    /// <summary>A request of this silo has its prompt computed there.</summary>
    void Publish(PrefixLesson lesson);

    /// <summary>The attempts bound to this epoch must fail over.</summary>
    /// <param name="instance">The instance.</param>
    /// <param name="epoch">The lost epoch.</param>
    /// <param name="evidence">Dead or silent; null when it was not evidence that ended it (superseded, drained).</param>
    void PublishEpochLost(InstanceId instance, Epoch epoch, EvidenceKind? evidence);
}
