using System.Collections.Concurrent;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;

namespace Krewe.Fleet.Reservations;

/// <summary>All reservations that this silo's attempts hold: what it re-asserts, and whom it tells of a lost epoch.</summary>
public sealed class LiveReservations
{
    private readonly ConcurrentDictionary<AttemptLeg, HeldReservation> _held = new();
    private readonly ConcurrentDictionary<(InstanceId Instance, Epoch Epoch), int> _counts = new();
    private readonly ConcurrentDictionary<AttemptLeg, HeldReservation> _transfers = new();

    /// <summary>What the silence of some of them says of the others.</summary>
    public StalledEpochs Stalled { get; } = new();

    public int Count => _held.Count;

    /// <summary>How many this silo's attempts hold on one life of an instance: what it knows without asking anybody.</summary>
    public int CountOf(InstanceId instance, Epoch epoch) => _counts.GetValueOrDefault((instance, epoch));

    public void Add(HeldReservation reservation)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        if (_held.TryAdd(reservation.Leg, reservation))
        {
            _counts.AddOrUpdate((reservation.Instance, reservation.Epoch), 1, static (_, count) => count + 1);
        }
        else
        {
            // The same reservation, of the attempt that follows.
            _held[reservation.Leg] = reservation;
        }
    }

    public void Remove(AttemptLeg leg)
    {
        if (!_held.TryRemove(leg, out var removed))
        {
            return;
        }

        var key = (removed.Instance, removed.Epoch);
        while (_counts.TryGetValue(key, out var count)
            && !(count == 1 ? _counts.TryRemove(new KeyValuePair<(InstanceId, Epoch), int>(key, 1)) : _counts.TryUpdate(key, count - 1, count)))
        {
            // Another was added or removed meanwhile.
        }
    }

    /// <summary>
    /// The prefill is done, its reservation is over, and its KV is still to be fetched: until <see cref="TransferEnded"/> the
    /// attempt hears of that epoch's loss. Nothing is held there, and nothing is asserted.
    /// </summary>
    public void AwaitTransfer(HeldReservation ended)
    {
        ArgumentNullException.ThrowIfNull(ended);
        _transfers[ended.Leg] = ended;
    }

    /// <summary>The KV was fetched, or the attempt is over.</summary>
    public void TransferEnded(AttemptLeg leg) => _transfers.TryRemove(leg, out _);

    /// <summary>A snapshot, grouped by where they are held.</summary>
    public IEnumerable<IGrouping<(InstanceId Instance, Epoch Epoch), HeldReservation>> ByInstance() =>
        _held.Values.GroupBy(held => (held.Instance, held.Epoch));

    /// <summary>Those whose KV is still to be fetched, grouped by whence.</summary>
    internal IEnumerable<IGrouping<(InstanceId Instance, Epoch Epoch), HeldReservation>> TransfersByInstance() =>
        _transfers.IsEmpty ? [] : _transfers.Values.GroupBy(held => (held.Instance, held.Epoch));

    /// <summary>Tells every attempt that is bound to this epoch or an older one of the instance.</summary>
    public void EpochLost(InstanceId instance, Epoch epoch, EvidenceKind? evidence)
    {
        foreach (var (_, held) in _held)
        {
            Tell(held);
        }

        foreach (var (_, held) in _transfers)
        {
            Tell(held);
        }

        void Tell(HeldReservation held)
        {
            if (held.Instance == instance && held.Epoch <= epoch)
            {
                held.OnEpochLost(evidence);
            }
        }
    }
}
