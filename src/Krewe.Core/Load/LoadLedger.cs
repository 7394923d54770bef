using Krewe.Core.Identity;
using Krewe.Core.Time;

namespace Krewe.Core.Load;

/// <summary>
/// What attempts hold on one instance, and what its engine reports beyond that. Belongs to the instance's actor:
/// not safe for use from several threads.
/// </summary>
/// <remarks>
/// Load = live reservations + what the engine reported beyond what was dispatched to it up to that report. A report
/// lags, so a request that ended just before it may still be in it: what counts as external is
/// <c>max(0, running + waiting - most reservations held at once since the previous report)</c>.
/// </remarks>
public sealed class LoadLedger
{
    private readonly LedgerOptions _options;
    private readonly Dictionary<AttemptLeg, Reservation> _held = [];
    private readonly HashSet<Tombstone> _released = [];
    private readonly Queue<(Tombstone Tombstone, Monotonic At)> _releasedInOrder = new();
    private readonly PresumedLoad _presumed = new();
    private long _tokens;
    private int _peak;
    private int _external;
    private ReportedLoad _report;
    private Monotonic? _reportedAt;

    public LoadLedger(LedgerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
    }

    /// <summary>The epoch that every reservation here was taken from.</summary>
    public Epoch Epoch { get; private set; }

    /// <summary>Live reservations.</summary>
    public int Count => _held.Count;

    /// <summary>No live reservation.</summary>
    public bool IsEmpty => _held.Count == 0;

    /// <summary>Whether this leg holds a reservation.</summary>
    public bool Holds(AttemptLeg leg) => _held.ContainsKey(leg);

    /// <summary>Takes capacity for one leg; the same call again changes nothing.</summary>
    /// <param name="leg">Whose.</param>
    /// <param name="epoch">The epoch that the attempt was routed by.</param>
    /// <param name="silo">Where the attempt runs, which will re-assert it.</param>
    /// <param name="tokens">Prompt tokens, estimated; not negative.</param>
    /// <param name="limit">Most requests, reserved and external, that the instance takes.</param>
    /// <param name="now">Now.</param>
    public ReserveOutcome Reserve(AttemptLeg leg, Epoch epoch, SiloId silo, long tokens, int limit, Monotonic now)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        if (epoch != Epoch || epoch == Epoch.None)
        {
            return ReserveOutcome.EpochMoved;
        }

        ForgetReleases(now);
        if (_released.Contains(new Tombstone(leg, epoch)))
        {
            return ReserveOutcome.AlreadyReleased;
        }

        if (_held.ContainsKey(leg))
        {
            return ReserveOutcome.AlreadyReserved;
        }

        if (_held.Count + Presumed(now) + External(now) >= limit || _held.Count >= _options.MaxReservations)
        {
            return ReserveOutcome.Full;
        }

        Hold(leg, silo, tokens, now);
        return ReserveOutcome.Reserved;
    }

    /// <summary>
    /// Gives back what the leg took from this epoch, once; a second release, and one that names another epoch, gives
    /// nothing back. Always remembered for a while, so that a reserve that arrives after its release is refused.
    /// </summary>
    /// <returns>Whether something was given back.</returns>
    public bool Release(AttemptLeg leg, Epoch epoch, Monotonic now)
    {
        ForgetReleases(now);
        var tombstone = new Tombstone(leg, epoch);
        if (_released.Add(tombstone))
        {
            _releasedInOrder.Enqueue((tombstone, now));
            if (_released.Count > _options.MaxTombstones)
            {
                _released.Remove(_releasedInOrder.Dequeue().Tombstone);
            }
        }

        // Every reservation held is of the ledger's epoch.
        if (epoch != Epoch || !_held.Remove(leg, out var reservation))
        {
            return false;
        }

        _tokens -= reservation.Tokens;
        return true;
    }

    /// <summary>
    /// A silo says what its attempts hold here. Keeps it from expiring; adopts what is unknown (this may be a new
    /// activation, whose memory is rebuilt so), unless it was released. What is adopted is beyond any limit: it runs already.
    /// </summary>
    public void Assert(SiloId silo, Epoch epoch, IReadOnlyList<(AttemptLeg Leg, long Tokens)> reservations, Monotonic now)
    {
        ArgumentNullException.ThrowIfNull(reservations);
        if (epoch != Epoch || epoch == Epoch.None)
        {
            return;
        }

        ForgetReleases(now);
        for (var i = 0; i < reservations.Count; i++)
        {
            var (leg, tokens) = reservations[i];
            ArgumentOutOfRangeException.ThrowIfNegative(tokens, nameof(reservations));
            if (_held.TryGetValue(leg, out var known))
            {
                _held[leg] = known with { Silo = silo, AssertedAt = now };
            }
            else if (_held.Count < _options.MaxReservations && !_released.Contains(new Tombstone(leg, epoch)))
            {
                Hold(leg, silo, tokens, now);
                _presumed.Claimed(tokens);
            }
        }

        _presumed.Spoke(silo);
    }

    /// <summary>
    /// A new activation, which knows of no reservation yet: until each of these silos has asserted what it holds, or
    /// <see cref="LedgerOptions.PresumeLimit"/> is over, so much counts as reserved.
    /// </summary>
    /// <param name="load">The last word of the activation before; of another epoch it says nothing.</param>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="silos">The silos that live.</param>
    /// <param name="now">Now.</param>
    public void Presume(LoadSnapshot load, Epoch epoch, IEnumerable<SiloId> silos, Monotonic now)
    {
        if (epoch == Epoch && load.ReservedRequests > 0)
        {
            _presumed.Begin(load.ReservedRequests, load.ReservedTokens, silos, now + _options.PresumeLimit);
        }
    }

    /// <summary>Whether anything is presumed still. Call it about once a second: what is over ends then.</summary>
    public bool IsPresuming(Monotonic now) => _presumed.Holds(now);

    /// <summary>Drops what nobody asserted for <see cref="LedgerOptions.AssertLimit"/>. Linear; call it about once a second.</summary>
    /// <returns>What was dropped. If its silo was only slow, its next assertion takes it back.</returns>
    public IReadOnlyList<AttemptLeg> Expire(Monotonic now)
    {
        ForgetReleases(now);
        List<AttemptLeg>? expired = null;
        foreach (var (leg, reservation) in _held)
        {
            if (now - reservation.AssertedAt >= _options.AssertLimit)
            {
                _held.Remove(leg);
                _tokens -= reservation.Tokens;
                (expired ??= []).Add(leg);
            }
        }

        return expired ?? (IReadOnlyList<AttemptLeg>)[];
    }

    /// <summary>Drops what the attempts of silos hold that are gone.</summary>
    /// <returns>How many reservations.</returns>
    public int DropSilos(Predicate<SiloId> isGone)
    {
        ArgumentNullException.ThrowIfNull(isGone);
        _presumed.DropSilos(isGone);
        var dropped = 0;
        foreach (var (leg, reservation) in _held)
        {
            if (isGone(reservation.Silo))
            {
                _held.Remove(leg);
                _tokens -= reservation.Tokens;
                dropped++;
            }
        }

        return dropped;
    }

    /// <summary>The engine's word, of the epoch that sent it; another epoch's is ignored. Order is the caller's care (heartbeat numbers).</summary>
    public void Report(Epoch epoch, ReportedLoad load, Monotonic now)
    {
        if (epoch != Epoch || epoch == Epoch.None)
        {
            return;
        }

        var requests = (long)Math.Max(0, load.Running) + Math.Max(0, load.Waiting);
        _external = (int)Math.Clamp(requests - _peak, 0, int.MaxValue - _options.MaxReservations);
        _report = load;
        _reportedAt = now;
        _peak = _held.Count;
    }

    /// <summary>A new epoch: everything of the older ones goes, their report too. An older epoch than the ledger's changes nothing.</summary>
    public void MoveTo(Epoch epoch)
    {
        if (epoch <= Epoch)
        {
            return;
        }

        Epoch = epoch;
        _presumed.End();
        _held.Clear();
        _tokens = 0;
        _peak = 0;
        _external = 0;
        _report = default;
        _reportedAt = null;
    }

    /// <summary>The load now, with what is presumed; a report older than <see cref="LedgerOptions.ReportLimit"/> counts no more.</summary>
    public LoadSnapshot Snapshot(Monotonic now) => Presumed(now) is > 0 and var presumed
        ? new(_held.Count + presumed, _tokens + _presumed.Tokens, External(now), _report)
        : new(_held.Count, _tokens, External(now), _report);

    /// <summary>How old the engine's last report is; null without one.</summary>
    public TimeSpan? ReportAge(Monotonic now) => now - _reportedAt;

    private int Presumed(Monotonic now) => _presumed.Holds(now) ? _presumed.Requests : 0;

    private int External(Monotonic now) => _external > 0 && now - _reportedAt < _options.ReportLimit ? _external : 0;

    private void Hold(AttemptLeg leg, SiloId silo, long tokens, Monotonic now)
    {
        _held.Add(leg, new Reservation(silo, tokens, now));
        _tokens += tokens;
        _peak = Math.Max(_peak, _held.Count);
    }

    private void ForgetReleases(Monotonic now)
    {
        while (_releasedInOrder.TryPeek(out var oldest) && now - oldest.At >= _options.TombstoneFor)
        {
            _released.Remove(_releasedInOrder.Dequeue().Tombstone);
        }
    }

    private readonly record struct Reservation(SiloId Silo, long Tokens, Monotonic AssertedAt);

    private readonly record struct Tombstone(AttemptLeg Leg, Epoch Epoch);
}
