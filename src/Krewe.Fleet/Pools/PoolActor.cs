using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Time;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Journal;
using Krewe.Fleet.Ports;
using Krewe.Fleet.View;

namespace Krewe.Fleet.Pools;

/// <summary>Owns a pool's definition and membership, tells the silos of changes, judges its health, and wakes members that have fallen silent.</summary>
public sealed partial class PoolActor
{
    public const string Kind = "pool";

    /// <summary>Most instances that a pool remembers.</summary>
    public const int MaxMembers = 4_096;

    private static readonly TimeSpan NudgeInterval = TimeSpan.FromSeconds(2);

    private readonly PoolName _name;
    private readonly IRecordStore<PoolRecord> _store;
    private readonly IActors _actors;
    private readonly FleetServices _services;
    private readonly RecordWriter<PoolRecord> _writer;
    private readonly ITurnTimer _nudge;
    private readonly Dictionary<InstanceName, Member> _members = [];
    private PoolDefinition? _definition;
    private PoolHealthReport? _health;
    private Task _written = Task.CompletedTask;
    private Monotonic _savedAt;
    private long _version;
    private bool _isUnread;
    private bool _isConfiguredUnread;

    public PoolActor(PoolName name, ITurnHost host, IRecordStore<PoolRecord> store, IActors actors, FleetServices services)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(services);
        _name = name;
        _store = store;
        _actors = actors;
        _services = services;
        _nudge = host.CreateTimer(OnNudgeDue);
        _writer = new RecordWriter<PoolRecord>(store, host.Time, services.Options.StoreWriteTimeout, Reconcile, (failed, _) => OnStore(failed));
    }

    public async ValueTask ActivateAsync()
    {
        try
        {
            using var bound = new CancellationTokenSource(_services.Options.StoreReadTimeout, _services.Time);
            var record = await _store.LoadAsync(bound.Token).WaitAsync(bound.Token);
            _isStoreKnown = true;
            if (record is not null)
            {
                Take(record);
            }

            if (IsOlderThanSeen(record))
            {
                TakeView();
                OnStoreLost();
            }

            Save();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            _isUnread = true;
            _services.Instruments.OnStoreFailure();
            TakeView();
        }

        OnNudgeDue();
    }

    public async ValueTask DeactivateAsync()
    {
        _nudge.Dispose();
        await _writer.StopAsync(_services.Options.StoreWriteTimeout);
    }

    public async ValueTask ConfigureAsync(PoolDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        _isConfiguredUnread = _isUnread;
        await SetAsync(definition);
    }

    public async ValueTask<PoolDefinition> EnsureAsync(PoolDefinition definition)
    {
        if (_definition is null)
        {
            await SetAsync(definition);
        }

        return _definition!;
    }

    public void Notice(MemberNotice notice)
    {
        ArgumentNullException.ThrowIfNull(notice);
        var known = _members.TryGetValue(notice.Name, out var member);
        var last = member.Notice;
        if ((last is not null && last.Version >= notice.Version) || (!known && (notice.Liveness == Liveness.Removed || !MakeRoom())))
        {
            // Who is gone already and is not missed here is nobody's loss.
            return;
        }

        _members[notice.Name] = member.With(notice, _services.Time.GetMonotonic());
        if (known && last == notice with { Version = last?.Version ?? default })
        {
            return;
        }

        var (wasMember, isMember) = (known && last is not { Liveness: Liveness.Removed }, notice.Liveness != Liveness.Removed);
        if (wasMember != isMember)
        {
            Save();
        }

        Judge();
    }

    /// <summary>Somebody wants the pool awake: its members are woken too.</summary>
    public void Nudge() => NudgeMembers();

    public PoolDescription? Describe() => _definition is null ? null : new PoolDescription(_definition, _health ?? Evaluate());

    private async ValueTask SetAsync(PoolDefinition definition)
    {
        _version++;
        _definition = definition;
        Publish();
        Save();
        await Task.WhenAny(_written.InTurn(), Task.Delay(_services.Options.DurableReplyWait, _services.Time, CancellationToken.None));
    }

    /// <summary>Where the pool remembers as many as it may, one that is gone is forgotten: a drained one rather than a lost one.</summary>
    private bool MakeRoom()
    {
        if (_members.Count < MaxMembers)
        {
            return true;
        }

        InstanceName? gone = null;
        foreach (var (name, member) in _members)
        {
            if (member.IsRemoved)
            {
                gone = name;
                if (member.Notice!.Admin == AdminState.Drained)
                {
                    break;
                }
            }
        }

        return gone is { } forgotten && _members.Remove(forgotten);
    }

    private void OnNudgeDue()
    {
        ForgetRemoved();
        NudgeMembers();
        LookAfterRemoved();
        if (_written.IsCompleted && _services.Time.GetMonotonic() - _savedAt >= _services.Options.RewriteInterval)
        {
            // The store may have lost it, and would say so to nobody but who writes.
            Save();
        }

        Judge();
        PublishStanding(always: _isSettled);
        _isSettled = true;
        ScheduleNudge();
    }

    private void NudgeMembers()
    {
        foreach (var (name, member) in _members)
        {
            if (!member.IsRemoved)
            {
                _ = NudgeAsync(name);
            }
        }
    }

    private async Task NudgeAsync(InstanceName name)
    {
        try
        {
            await _actors.Instance(new InstanceId(_name, name)).NudgeAsync();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The next round nudges again.
            _services.Instruments.OnNoticeLost();
        }
    }

    private void Publish()
    {
        if (_definition is not null)
        {
            _services.Publisher.Publish(new PoolPublication(_definition, _version));
            Judge();
        }
    }

    private PoolHealthReport Evaluate() => PoolHealthRule.Evaluate(
        [.. _members.Values.Select(member => member.Notice).OfType<MemberNotice>().Select(notice => new PoolMember(notice.Role, notice.Protocol, notice.TransferGroup, notice.Liveness, notice.Admin, notice.Schedulable))],
        _definition?.FailureMode ?? FailureMode.Resilient);

    private void Judge()
    {
        var before = _health;
        _health = Evaluate();
        if (before?.Health != _health.Health)
        {
            _services.Publisher.Publish(new FleetEvent
            {
                Pool = _name,
                What = FleetEventWords.Health,
                From = before?.Health.ToString() ?? "-",
                To = _health.Health.ToString(),
                Cause = _health.Reason.ToString(),
            });
        }

        JudgeHearing();
        PublishStanding(always: false);
    }

    private void Save()
    {
        if (_definition is not null)
        {
            _savedAt = _services.Time.GetMonotonic();
            _hasSaved = true;
            _written = _writer.WriteAsync(new PoolRecord(_version, _definition, Members()) { Generation = _generation });
        }
    }

    private List<InstanceName> Members() =>
        [.. _members.Where(member => !member.Value.IsRemoved).Select(member => member.Key)];

    private void Take(PoolRecord record)
    {
        if (record.Version >= _version)
        {
            _version = record.Version;
            _definition = record.Definition;
        }

        _generation = Math.Max(_generation, record.Generation + 1);
        foreach (var member in record.Members)
        {
            _members.TryAdd(member, default);
        }

        Publish();
    }

    /// <summary>Where the store does not answer: what this silo saw of the pool's last activation.</summary>
    private void TakeView()
    {
        if (_services.View.Find(_name) is { Publication: { } seen } slot)
        {
            Take(new PoolRecord(seen.Version, seen.Definition, [.. slot.View.All().Where(member => member.Liveness != Liveness.Removed).Select(member => member.Id.Name)])
            {
                Generation = slot.Standing?.Generation ?? 0,
            });

            // Its numbers go on from those that the store has, or were to have: they compare.
            _isUnread = false;
        }
    }

    /// <summary>A store that was emptied, or is an older copy, knows less than who saw the last activation.</summary>
    private bool IsOlderThanSeen(PoolRecord? stored) =>
        _services.View.Find(_name) is { Publication: { } seen } slot
        && (stored is null || stored.Version < seen.Version || stored.Generation < slot.Standing?.Generation);

    private PoolRecord Reconcile(PoolRecord ours, PoolRecord? stored)
    {
        if (_isStoreKnown && (stored is null || stored.Generation <= ours.Generation))
        {
            // No later activation's. A write of our own that came through late looks the same, and costs a round of reminders.
            OnStoreLost();
        }

        _isStoreKnown = true;
        if (_isUnread && stored is not null)
        {
            // Numbers given without knowing the stored one do not compare with it. What was configured is the later word;
            // what was made for want of a definition gives way, under a number that the silos take for newer.
            (ours, stored) = _isConfiguredUnread
                ? (ours with { Version = Math.Max(ours.Version, stored.Version + 1) }, stored)
                : (ours, stored with { Version = Math.Max(stored.Version, ours.Version + 1) });
        }

        _isUnread = _isConfiguredUnread = false;
        var merged = PoolRecord.Merge(ours, stored);
        Take(merged);
        return merged with { Generation = _generation };
    }

    private void OnStore(bool failed)
    {
        if (failed)
        {
            _services.Instruments.OnStoreFailure();
        }
    }
}
