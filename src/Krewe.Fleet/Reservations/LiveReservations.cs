using System.Collections.Concurrent;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;

namespace Krewe.Fleet.Reservations;

/// <summary>All reservations that this silo's attempts hold: what it re-asserts, and whom it tells of a lost epoch.</summary>
public sealed class LiveReservations
{
    private readonly ConcurrentDictionary<AttemptLeg, HeldReservation> _held = new();

    /// <summary>What the silence of some of them says of the others.</summary>
    public StalledEpochs Stalled { get; } = new();

    public int Count => _held.Count;

    public void Add(HeldReservation reservation)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        _held[reservation.Leg] = reservation;
    }

    public void Remove(AttemptLeg leg) => _held.TryRemove(leg, out _);

    /// <summary>A snapshot, grouped by where they are held.</summary>
    public IEnumerable<IGrouping<(InstanceId Instance, Epoch Epoch), HeldReservation>> ByInstance() =>
        _held.Values.GroupBy(held => (held.Instance, held.Epoch));

    /// <summary>Tells every attempt that is bound to this epoch or an older one of the instance.</summary>
    public void EpochLost(InstanceId instance, Epoch epoch, EvidenceKind? evidence)
    {
        foreach (var (_, held) in _held)
        {
            if (held.Instance == instance && held.Epoch <= epoch)
            {
                held.OnEpochLost(evidence);
            }
        }
    }
}
