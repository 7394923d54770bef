using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Time;
using Krewe.Fleet.Journal;
using Krewe.Fleet.View;

namespace Krewe.Fleet.Pools;

/// <content>What the pool makes of its members: whether silence counts, whether new requests are taken, who is missed.</content>
public sealed partial class PoolActor
{
    /// <summary>How long one that was removed is missed; then it is forgotten.</summary>
    public static readonly TimeSpan MissedFor = TimeSpan.FromMinutes(10);

    private BlindnessState _blindness;
    private PoolStanding? _standing;
    private long _generation = 1;
    private bool _isSettled;

    private LeaseOptions Lease => _services.View.Find(_name)?.Lease ?? LeaseOptions.Default;

    /// <summary>Whether silence makes anybody lost, by <see cref="BlindnessRule"/>.</summary>
    private void JudgeHearing()
    {
        var before = _blindness;
        _blindness = BlindnessRule.Next(
            before,
            _members.Values.Select(member => (member.Notice?.Hearing ?? Hearing.Gone, member.SilentSince)),
            _services.Time.GetMonotonic(),
            Lease);
        if (before.IsFrozen != _blindness.IsFrozen)
        {
            _services.Publisher.Publish(new FleetEvent
            {
                Pool = _name,
                What = FleetEventWords.Membership,
                From = before.IsFrozen ? FleetEventWords.Frozen : FleetEventWords.Open,
                To = _blindness.IsFrozen ? FleetEventWords.Frozen : FleetEventWords.Open,
                Cause = _blindness.IsFrozen ? FleetEventWords.HalfSilent : FleetEventWords.HeardAgain,
            });
        }

        if (_blindness.ClearSince is not null)
        {
            ScheduleNudge();
        }
    }

    /// <summary>
    /// Tells the silos how the pool stands, where that changed. A new activation says nothing for a while, unless it has
    /// something to say: what its predecessor held is to hold until the members have answered.
    /// </summary>
    private void PublishStanding(bool always)
    {
        var refuses = _health is { Reason: PoolHealthReason.FailedFast };
        if (_standing is { } told
            ? told.Generation == _generation && told.IsFrozen == _blindness.IsFrozen && told.RefusesNew == refuses
            : !always && !_blindness.IsFrozen && !refuses)
        {
            return;
        }

        _standing = new PoolStanding(_name, _generation, (_standing?.Number ?? 0) + 1, _blindness.IsFrozen, refuses);
        _services.Publisher.Publish(_standing);
    }

    private void ForgetRemoved()
    {
        var now = _services.Time.GetMonotonic();
        List<InstanceName>? forgotten = null;
        foreach (var (name, member) in _members)
        {
            if (member.IsRemoved && now - member.RemovedSince >= MissedFor)
            {
                (forgotten ??= []).Add(name);
            }
        }

        forgotten?.ForEach(name => _members.Remove(name));
    }

    private void ScheduleNudge()
    {
        var thaw = Lease.ThawAfter;
        _nudge.Schedule(_blindness.ClearSince is not null && thaw < NudgeInterval ? thaw : NudgeInterval);
    }

    /// <param name="Notice">What it said last; null while it has said nothing to this activation.</param>
    /// <param name="SilentSince">When it was first said to be silent, if it is.</param>
    /// <param name="RemovedSince">When it was first said to be removed, if it is.</param>
    private readonly record struct Member(MemberNotice? Notice, Monotonic SilentSince, Monotonic RemovedSince)
    {
        public bool IsRemoved => Notice is { Liveness: Liveness.Removed };

        public Member With(MemberNotice notice, Monotonic now) => new(
            notice,
            Notice?.Hearing == Hearing.Silent ? SilentSince : now,
            IsRemoved ? RemovedSince : now);
    }
}
