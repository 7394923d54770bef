using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Instances.Breaking;
using Krewe.Core.Load;
using Krewe.Core.Routing;
using Krewe.Core.Time;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;

namespace Krewe.Fleet.Instances;

/// <summary>
/// One instance of the fleet. It hands every event to <see cref="InstanceLifecycle"/> and <see cref="LoadLedger"/>, carries
/// out the effects that come back, and tells silos and pool what changed. No rule lives here.
/// </summary>
public sealed partial class InstanceActor
{
    /// <summary>The kind of its record in the store.</summary>
    public const string Kind = "instance";

    private static readonly TimeSpan ExpiryInterval = TimeSpan.FromSeconds(1);

    // A timer this late says that the silo itself stood still, not the engines.
    private static readonly TimeSpan LateLimit = TimeSpan.FromMilliseconds(500);

    private readonly ITurnHost _host;
    private readonly IRecordStore<InstanceDocument> _store;
    private readonly IActors _actors;
    private readonly FleetServices _services;
    private readonly LoadLedger _ledger = new(LedgerOptions.Default);
    private readonly RecordWriter<InstanceDocument> _writer;
    private readonly ITurnTimer _wake;
    private readonly ITurnTimer _expiry;
    private InstanceState _state;
    private AttemptLeg? _trial;
    private Task _written = Task.CompletedTask;
    private Monotonic? _wakeAt;
    private Monotonic _reportedAt;
    private Monotonic _savedAt;
    private bool _expiryScheduled;
    private bool _isPresuming;
    private InstanceView? _predecessor;
    private bool _storeOut;
    private bool _stopped;
    private Monotonic _knownFrom;
    private Monotonic _transfersUntil;
    private long _generation = 1;
    private long _counter;

    public InstanceActor(InstanceId id, ITurnHost host, IRecordStore<InstanceDocument> store, IActors actors, FleetServices services)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(services);
        _host = host;
        _store = store;
        _actors = actors;
        _services = services;
        _state = InstanceState.New(id);
        _writer = new RecordWriter<InstanceDocument>(store, host.Time, services.Options.StoreWriteTimeout, Reconcile, OnStore);
        _wake = host.CreateTimer(OnWake);
        _expiry = host.CreateTimer(OnExpiry);
    }

    /// <summary>Nothing would be lost but what the store has.</summary>
    public bool IsIdle => _state.Liveness == Liveness.Removed && _ledger.IsEmpty && _written.IsCompleted;

    // What a fresh activation does not know of, its silos may still hold: they have until then to say so. And a prefill's KV
    // is still to be fetched when its reservation has ended.
    private bool HoldsNothing => _ledger.IsEmpty && !_isPresuming && Now >= _knownFrom && Now >= _transfersUntil;

    private LeaseOptions Lease => _services.View.Find(_state.Id.Pool)?.Lease ?? LeaseOptions.Default;

    private bool IsFrozen => _services.View.Find(_state.Id.Pool) is { IsFrozen: true };

    private Monotonic Now => _host.Time.GetMonotonic();

    /// <summary>Reads the record, for as long as the bound allows; without an answer it starts from what this silo saw last.</summary>
    public async ValueTask ActivateAsync()
    {
        InstanceDocument? document = null;
        try
        {
            using var bound = new CancellationTokenSource(_services.Options.StoreReadTimeout, _host.Time);
            document = await _store.LoadAsync(bound.Token).WaitAsync(bound.Token);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            _services.Instruments.OnStoreFailure();
        }

        // A store that was emptied, or comes from an older copy, knows less than who saw the last activation.
        _predecessor = Seen();
        if (FromView(_predecessor) is { } seen && (document is null || seen.Record.Epoch > document.Record.Epoch))
        {
            document = seen;
        }

        if (document is not null)
        {
            Restore(document);
        }

        _predecessor = null;
    }

    public async ValueTask DeactivateAsync()
    {
        _stopped = true;
        _wake.Dispose();
        _expiry.Dispose();
        await _writer.StopAsync(_services.Options.StoreWriteTimeout);
    }

    public async ValueTask<RegisterReply> RegisterAsync(Registration registration)
    {
        ArgumentNullException.ThrowIfNull(registration);
        var reply = Register(registration);
        if (reply.Verdict is not (InstanceVerdict.Accepted or InstanceVerdict.Renewed))
        {
            return reply;
        }

        var isDurable = await IsDurableAsync();

        // The store may have known of somebody newer, whose record stands now: what was promised is to be asked for again.
        if (_state.Epoch == reply.Epoch && _state.Incarnation == registration.Incarnation)
        {
            return reply with { IsProvisional = !isDurable };
        }

        var again = Register(registration);
        return again with { IsProvisional = again.Verdict is InstanceVerdict.Accepted or InstanceVerdict.Renewed };
    }

    public HeartbeatReply Heartbeat(HeartbeatCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        var verdict = Apply(new InstanceEvent.HeartbeatReceived(command.Incarnation, command.Sequence, command.EngineSeen, command.Load));
        if (verdict is InstanceVerdict.Accepted or InstanceVerdict.Renewed)
        {
            _reportedAt = Now;
            _ledger.Report(_state.Epoch, command.Load, _reportedAt);
            PublishView();
        }

        return new HeartbeatReply(verdict, _state.Liveness, _state.Admin, _state.Epoch);
    }

    public InstanceVerdict Delete(IncarnationId incarnation) => Apply(new InstanceEvent.DeleteReceived(incarnation));

    public async ValueTask<InstanceVerdict> AdministerAsync(AdminCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        var verdict = Administer(command);
        var (generation, incarnation) = (_generation, _state.Incarnation);
        await IsDurableAsync();
        if (verdict == InstanceVerdict.Accepted && _generation != generation && _state.Incarnation == incarnation)
        {
            // The store's record stands now, of an activation that was not asked: ask for it again.
            Administer(command);
            await IsDurableAsync();
        }

        return verdict;
    }

    public BindReply Bind(BindCommand command)
    {
        // What a silo asks that the others have declared dead is not asked any more: nobody would give it back.
        var outcome = _services.Roster.IsGone(command.Silo) ? BindOutcome.AlreadyReleased : InstanceLifecycle.CanBind(_state, command.Epoch, _trial is not null) switch
        {
            BindRefusal.EpochMoved => BindOutcome.EpochMoved,
            BindRefusal.NotSchedulable => BindOutcome.NotSchedulable,
            _ => Reserve(command),
        };
        return new BindReply(outcome, PublishView());
    }

    public void Release(ReleaseCommand command)
    {
        if (_ledger.Release(command.Leg, command.Epoch, Now))
        {
            if (_trial == command.Leg)
            {
                _trial = null;
            }

            if (command is { Leg.Kind: LegKind.Prefill, Verdict: AttemptVerdict.Succeeded })
            {
                _transfersUntil = Now + LedgerOptions.Default.TransferLimit;
            }

            Apply(new InstanceEvent.AttemptFinished(command.Epoch, command.Leg.Kind, command.Verdict));
        }

        if (command.ConnectionFailed)
        {
            Apply(new InstanceEvent.ConnectionFailed(command.Epoch));
        }

        OnLedgerShrunk();
    }

    public void Assert(AssertCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (_services.Roster.IsGone(command.Silo))
        {
            return;
        }

        _ledger.Assert(command.Silo, command.Epoch, [.. command.Legs.Select(held => (held.Leg, held.Tokens))], Now);
        ScheduleExpiry();
        PublishView();
    }

    public void Observe(Observation observation) => Apply(observation.Kind switch
    {
        ObservationKind.TokensSeen => new InstanceEvent.TokensSeen(observation.Epoch),
        _ => new InstanceEvent.ConnectionFailed(observation.Epoch),
    });

    /// <summary>The pool asks whether anybody is there: it is told. It asks when silos come and go, too.</summary>
    public void Nudge()
    {
        DropGone();
        NotifyPool();
        ScheduleWake();
        if (_state.Registration is not null && _written.IsCompleted
            && (_state.Liveness == Liveness.Removed || Now - _savedAt >= _services.Options.RewriteInterval))
        {
            // The store may have lost it, and would say so to nobody but who writes. Who is gone is asked only when it has.
            Save();
        }
    }

    private InstanceVerdict Administer(AdminCommand command) => Apply(command.Action switch
    {
        AdminAction.Cordon => new InstanceEvent.CordonReceived(),
        AdminAction.Uncordon => new InstanceEvent.UncordonReceived(),
        AdminAction.Drain => new InstanceEvent.DrainReceived(command.DrainWithin, HoldsNothing),
        _ => throw new ArgumentOutOfRangeException(nameof(command), command.Action, null),
    });

    private RegisterReply Register(Registration registration)
    {
        var verdict = Apply(new InstanceEvent.RegisterReceived(registration));
        var lease = Lease;
        return new RegisterReply(verdict, _state.Epoch, _state.Liveness, lease.Ttl, lease.HeartbeatInterval, IsProvisional: false);
    }

    private BindOutcome Reserve(BindCommand command)
    {
        var limit = _state.Registration!.Capacity.MaxConcurrency;
        switch (_ledger.Reserve(command.Leg, command.Epoch, command.Silo, command.Tokens, limit, Now))
        {
            case ReserveOutcome.Reserved or ReserveOutcome.AlreadyReserved:
                if (_state.Breaker == BreakerState.HalfOpen)
                {
                    _trial = command.Leg;
                }

                ScheduleExpiry();
                return BindOutcome.Bound;
            case ReserveOutcome.EpochMoved:
                return BindOutcome.EpochMoved;
            case ReserveOutcome.AlreadyReleased:
                return BindOutcome.AlreadyReleased;
            default:
                return BindOutcome.Full;
        }
    }

    private void OnLedgerShrunk()
    {
        if (HoldsNothing && _state.Admin == AdminState.Draining)
        {
            Apply(new InstanceEvent.ReservationsEmptied(_state.Epoch));
        }

        PublishView();
    }

    private void ScheduleExpiry()
    {
        if (!_expiryScheduled && !HoldsNothing)
        {
            _expiryScheduled = true;
            _expiry.Schedule(ExpiryInterval);
        }
    }

    private void OnExpiry()
    {
        _expiryScheduled = false;
        DropGone();
        var expired = _ledger.Expire(Now);
        var isPresuming = _ledger.IsPresuming(Now);
        var presumedLess = _isPresuming && !isPresuming;
        _isPresuming = isPresuming;
        ForgetTrial();
        if (expired.Count > 0 || presumedLess || HoldsNothing)
        {
            OnLedgerShrunk();
        }

        ScheduleExpiry();
    }

    // What the attempts of a silo held that has ended is nobody's: their clients and connections went with it.
    private void DropGone()
    {
        if (_ledger.DropSilos(_services.Roster.IsGone) > 0)
        {
            ForgetTrial();
            OnLedgerShrunk();
        }
    }

    private void ForgetTrial()
    {
        if (_trial is { } trial && !_ledger.Holds(trial))
        {
            _trial = null;
        }
    }

    private void OnWake()
    {
        if (_wakeAt is { } due && Now - due is var late && late > LateLimit)
        {
            Apply(new InstanceEvent.ClockLate(late));
        }

        _wakeAt = null;
        Apply(InstanceEvent.Tick.Instance);
        ScheduleWake();
    }
}
