using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Routing;
using Krewe.Fleet.Journal;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Ports;

namespace Krewe.Fleet.Instances;

/// <content>Carrying out what the rules decided.</content>
public sealed partial class InstanceActor
{
    private InstanceVerdict Apply(InstanceEvent happened)
    {
        var transition = InstanceLifecycle.Apply(_state, happened, Now, Lease, IsFrozen);
        Take(transition);
        return transition.Verdict;
    }

    private void Take(InstanceTransition transition)
    {
        if (ReferenceEquals(transition.State, _state))
        {
            return;
        }

        var (before, last) = (_state.Status, _state);
        var hearing = _state.Hearing;
        var epoch = _state.Epoch;
        _state = transition.State;
        foreach (var effect in transition.Effects)
        {
            Carry(effect);
        }

        if (before != _state.Status || epoch != _state.Epoch)
        {
            PublishView();
            NotifyPool();
        }
        else if (hearing != _state.Hearing)
        {
            NotifyPool();
        }

        // After the view: attempts that fail over are not to find here what they have just lost.
        foreach (var effect in transition.Effects)
        {
            if (effect is InstanceEffect.EpochLost lost)
            {
                _services.Publisher.PublishEpochLost(_state.Id, lost.Epoch, lost.Evidence);
                JournalLost(lost, last);
            }
        }

        ScheduleWake();
    }

    private void Carry(InstanceEffect effect)
    {
        switch (effect)
        {
            case InstanceEffect.StartProbe probe:
                _ = ProbeAsync(probe);
                break;
            case InstanceEffect.Persist:
                Save();
                break;
            case InstanceEffect.Transitioned transitioned:
                Journal(transitioned);
                break;
            case InstanceEffect.EpochLost:
                // Told once the view is published.
                break;
            case InstanceEffect.LedgerMoved moved:
                _ledger.MoveTo(moved.Epoch);
                _trial = null;
                Presume();
                break;
            case InstanceEffect.SilentAttemptsOnly:
                // Each attempt watches its own stream: those that are silent find it by their idle limit.
                break;
            default:
                throw new InvalidOperationException($"{effect.GetType().Name} is not carried out.");
        }
    }

    /// <summary>Probes outside of turns; the result comes back as an event that names the epoch.</summary>
    private async Task ProbeAsync(InstanceEffect.StartProbe probe)
    {
        // An answer that is at hand must not change the state under the rest of the turn that asked.
        await Task.Yield();
        var result = ProbeResult.TimedOut;
        for (var tried = 0; tried < probe.Tries && result is not (ProbeResult.Ok or ProbeResult.Refused); tried++)
        {
            if (tried > 0 && probe.Pause > TimeSpan.Zero)
            {
                await Task.Delay(probe.Pause, _host.Time, CancellationToken.None);
            }

            try
            {
                result = await _services.Probe.ProbeAsync(_state.Id.Pool, probe.Url, probe.Timeout, CancellationToken.None);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                // A probe that breaks its promise says nothing of the engine.
                result = ProbeResult.TimedOut;
            }
        }

        if (!_stopped)
        {
            Apply(new InstanceEvent.ProbeFinished(probe.Epoch, probe.Incarnation, probe.ProbeNumber, result));
        }
    }

    private void Journal(InstanceEffect.Transitioned transitioned)
    {
        var (from, to) = (transitioned.From, transitioned.To);
        var cause = FleetEventWords.Of(transitioned.Cause, transitioned.Evidence);
        var moved = false;
        Note(FleetEventWords.Liveness, from.Liveness, to.Liveness);
        Note(FleetEventWords.Admin, from.Admin, to.Admin);
        Note(FleetEventWords.Breaker, from.Breaker, to.Breaker);
        if (!moved)
        {
            Add(FleetEventWords.Epoch, from.Liveness.ToString(), to.Liveness.ToString());
        }

        void Note<T>(string what, T was, T becomes)
            where T : struct, Enum
        {
            if (!EqualityComparer<T>.Default.Equals(was, becomes))
            {
                moved = true;
                Add(what, was.ToString(), becomes.ToString());
            }
        }

        void Add(string what, string was, string becomes) => _services.Publisher.Publish(new FleetEvent
        {
            Pool = _state.Id.Pool,
            Instance = _state.Id.Name,
            Epoch = transitioned.Epoch,
            Incarnation = transitioned.Incarnation,
            What = what,
            From = was,
            To = becomes,
            Cause = cause,
        });
    }

    /// <summary>The attempts of an epoch were told to go; once, where what follows only repeats it.</summary>
    private void JournalLost(InstanceEffect.EpochLost lost, InstanceState last)
    {
        if (last.SuspectEvidence == EvidenceKind.Dead && last.Epoch == lost.Epoch)
        {
            return;
        }

        _services.Publisher.Publish(new FleetEvent
        {
            Pool = _state.Id.Pool,
            Instance = _state.Id.Name,
            Epoch = lost.Epoch,
            Incarnation = lost.Epoch == last.Epoch ? last.Incarnation : null,
            What = FleetEventWords.Epoch,
            From = FleetEventWords.Held,
            To = FleetEventWords.Lost,
            Cause = FleetEventWords.Of(lost.Cause, lost.Evidence),
        });
    }

    /// <summary>Tells the silos; null where nobody ever registered.</summary>
    private InstanceView? PublishView()
    {
        if (_state.Registration is not { } registration)
        {
            return null;
        }

        var view = new InstanceView
        {
            Id = _state.Id,
            Version = new ViewVersion(_state.Epoch, _generation, ++_counter),
            Registration = registration,
            Liveness = _state.Liveness,
            Admin = _state.Admin,
            Breaker = _state.Breaker,
            Schedulable = _state.IsSchedulable,
            Load = _ledger.Snapshot(Now),
            // One trial at a time: who is sent elsewhere must not try again and again, reserving the other half each time.
            Limit = _trial is not null && _state.Breaker == BreakerState.HalfOpen
                ? Math.Min(registration.Capacity.MaxConcurrency, _ledger.Count)
                : registration.Capacity.MaxConcurrency,
            ReportedAt = _reportedAt,
        };
        _services.Publisher.Publish(view);
        return view;
    }

    private void NotifyPool()
    {
        if (_state.Registration is { } registration)
        {
            _ = TellAsync(new MemberNotice(
                _state.Id.Name,
                new ViewVersion(_state.Epoch, _generation, ++_counter),
                registration.Role,
                registration.Protocol,
                registration.TransferGroup,
                _state.Liveness,
                _state.Admin,
                _state.IsSchedulable)
            {
                Hearing = _state.Hearing,
            });
        }

        // One way: the pool's next nudge heals a notice that was lost.
        async Task TellAsync(MemberNotice notice)
        {
            try
            {
                await _actors.Pool(_state.Id.Pool).NoticeAsync(notice);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                _services.Instruments.OnNoticeLost();
            }
        }
    }

    private void ScheduleWake()
    {
        // A wake that comes too early finds nothing to do and looks again; only an earlier one must move the timer.
        if (InstanceLifecycle.NextWake(_state, Lease) is { } next && (_wakeAt is null || next < _wakeAt))
        {
            _wakeAt = next;
            _wake.Schedule(next - Now);
        }
    }

    private async Task<bool> IsDurableAsync()
    {
        try
        {
            await _written.InTurn().WaitAsync(_services.Options.DurableReplyWait, _host.Time);
            return true;
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    private void Restore(InstanceDocument document)
    {
        _generation = Math.Max(_generation, document.Generation) + 1;
        Take(InstanceLifecycle.Restore(_state.Id, document.Record, Now, Lease));
        _knownFrom = Now + LedgerOptions.Default.AssertLimit;
        Save();
        PublishView();
        ScheduleExpiry();
    }

    /// <summary>A new activation takes its predecessor's last word for reserved, until the silos have said what they hold.</summary>
    private void Presume()
    {
        if (_predecessor is { } seen)
        {
            _predecessor = null;
            _ledger.Presume(seen.Load, seen.Epoch, _services.Roster.Others.Append(_services.Silo), Now);
            _isPresuming = _ledger.IsPresuming(Now);
        }
    }

    private void Save()
    {
        _savedAt = Now;
        _written = _writer.WriteAsync(new InstanceDocument(_generation, _state.ToRecord()));
    }

    private InstanceView? Seen() => _services.View.Find(_state.Id.Pool) is { } slot && slot.View.TryGet(_state.Id, out var seen) ? seen : null;

    private static InstanceDocument? FromView(InstanceView? view) =>
        view is { } seen
            ? new InstanceDocument(seen.Version.Generation, new InstanceRecord
            {
                Epoch = seen.Epoch,
                Registration = seen.Registration,
                Liveness = seen.Liveness,
                Admin = seen.Admin,
            })
            : null;

    private InstanceDocument Reconcile(InstanceDocument ours, InstanceDocument? stored)
    {
        var newer = InstanceDocument.Newer(ours, stored);
        if (!ReferenceEquals(newer, ours))
        {
            // Another activation knows more: take its word; whoever is registered here only is asked to register again.
            var (last, epoch, incarnation) = (_state, _state.Epoch, _state.Incarnation);
            if (newer.Record.Epoch <= epoch && newer.Record.Registration?.Incarnation != incarnation)
            {
                // This epoch was given to another life here: books and bindings of the two must not be taken for each other's.
                newer = newer with { Record = newer.Record with { Epoch = epoch.Next() } };
            }

            Restore(newer);
            if (epoch != _state.Epoch || incarnation != _state.Incarnation)
            {
                _services.Publisher.PublishEpochLost(_state.Id, epoch, null);
                JournalLost(new InstanceEffect.EpochLost(epoch, null, TransitionCause.Restored, RebindAll: true), last);
            }

            return new InstanceDocument(_generation, _state.ToRecord());
        }

        return ours;
    }

    private void OnStore(bool failed, Exception? error)
    {
        if (failed)
        {
            _services.Instruments.OnStoreFailure();
        }

        if (failed != _storeOut)
        {
            _storeOut = failed;
            _services.Instruments.OnStoreOutage(failed ? 1 : -1);
        }
    }
}
