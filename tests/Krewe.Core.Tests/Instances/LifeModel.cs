using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Instances.Breaking;
using Krewe.Core.Load;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Instances;

/// <summary>Plays random steps and checks, by bookkeeping of its own, what must hold after each.</summary>
internal sealed class LifeModel
{
    private static readonly int[] Spans = [0, 1, 100, 300, 400, 500, 750, 999, 1000, 1001, 1500, 2000, 2999, 3000, 5000, 10_000, 15_000, 60_000, 300_000];
    private static readonly int[] Seen = [0, 0, 0, 299, 1999, 2000, 100_000, -5];

    private readonly LeaseOptions _options = LeaseOptions.Default;
    private readonly List<InstanceEffect.StartProbe> _probes = [];
    private readonly List<InstanceEffect.StartProbe> _probesOfEarlierActivations = [];
    private readonly HashSet<IncarnationId> _accepted = [];
    private readonly HashSet<IncarnationId> _superseded = [];
    private readonly HashSet<IncarnationId> _drained = [];
    private readonly HashSet<Epoch> _lost = [];
    private Monotonic? _suspectSince;
    private Monotonic? _drainBy;
    private TimeSpan _late;
    private bool _isFrozen;
    private bool _wasHeld;
    private long _sequence = 1000;

    public Monotonic Now { get; private set; } = new(TimeSpan.FromDays(2).Ticks);

    public InstanceState State { get; private set; } = InstanceState.New(LifeDriver.Id);

    public HashSet<object> Visited { get; } = [];

    public void Play(IEnumerable<LifeStep> steps)
    {
        foreach (var step in steps)
        {
            Play(step);
            CheckWake();
        }
    }

    /// <summary>Time passes, with every tick on time and nothing heard but, where <paramref name="isAlive"/>, good answers to probes.</summary>
    public void Pass(TimeSpan span, bool isAlive = false)
    {
        var until = Now + span;
        while (InstanceLifecycle.NextWake(State, _options) is { } wake && wake <= until)
        {
            Now = Monotonic.Max(Now, wake);
            Tick();
            if (isAlive && State.Probe is not null)
            {
                var probe = _probes[^1];
                Apply(new InstanceEvent.ProbeFinished(probe.Epoch, probe.Incarnation, probe.ProbeNumber, ProbeResult.Ok));
            }
        }

        Now = until;
    }

    public void Thaw() => _isFrozen = false;

    private void Play(LifeStep step)
    {
        var span = TimeSpan.FromMilliseconds(Spans[step.Number % Spans.Length]);
        var epoch = EpochOf(step.Who);
        var incarnation = IncarnationOf(step.Who);
        switch (step.Kind)
        {
            case LifeStepKind.Pass:
                Pass(span);
                break;
            case LifeStepKind.PassAlive:
                Pass(span, isAlive: true);
                break;
            case LifeStepKind.SleepAndTick:
                Now += span;
                Tick();
                break;
            case LifeStepKind.Sleep:
                Now += span;
                break;
            case LifeStepKind.Register:
                Register(LifeDriver.Registration(incarnation.Value, step.Number % 7 == 0 ? 9002 : 9001));
                break;
            case LifeStepKind.Heartbeat:
                var sequence = step.Number % 5 == 0 ? _sequence - (step.Number % 3) : ++_sequence;
                Apply(
                    new InstanceEvent.HeartbeatReceived(incarnation, sequence, TimeSpan.FromMilliseconds(Seen[step.Number % Seen.Length]), default),
                    isFenced: IsOther(incarnation));
                break;
            case LifeStepKind.Delete:
                Apply(new InstanceEvent.DeleteReceived(incarnation), isFenced: IsOther(incarnation));
                break;
            case LifeStepKind.Cordon:
                Apply(new InstanceEvent.CordonReceived(), isFenced: State.Liveness == Liveness.Removed);
                break;
            case LifeStepKind.Uncordon:
                Apply(new InstanceEvent.UncordonReceived(), isFenced: State.Liveness == Liveness.Removed);
                break;
            case LifeStepKind.Drain:
                Drain(span, isEmpty: step.Who == 0);
                break;
            case LifeStepKind.ProbeFinished when step.Who == 9 && _probesOfEarlierActivations.Count > 0:
                // Numbers start anew with an activation, so of these only other epochs' are told apart.
                var earlier = _probesOfEarlierActivations[step.Number % _probesOfEarlierActivations.Count];
                if (earlier.Epoch != State.Epoch)
                {
                    Apply(new InstanceEvent.ProbeFinished(earlier.Epoch, earlier.Incarnation, earlier.ProbeNumber, (ProbeResult)(step.Number % 4)), isFenced: true);
                }

                break;
            case LifeStepKind.ProbeFinished when _probes.Count > 0:
                // Mostly the newest.
                var probe = _probes[step.Who < 7 ? _probes.Count - 1 : step.Number % _probes.Count];
                Apply(
                    new InstanceEvent.ProbeFinished(probe.Epoch, probe.Incarnation, probe.ProbeNumber, (ProbeResult)(step.Number % 4)),
                    isFenced: probe.Epoch != State.Epoch || IsOther(probe.Incarnation) || probe != _probes[^1]);
                break;
            case LifeStepKind.ConnectionFailed:
                Apply(new InstanceEvent.ConnectionFailed(epoch), isFenced: IsOther(epoch));
                break;
            case LifeStepKind.TokensSeen:
                Apply(new InstanceEvent.TokensSeen(epoch), isFenced: IsOther(epoch));
                break;
            case LifeStepKind.AttemptFinished:
                var trial = step.Number % 2 == 0 ? AttemptVerdict.Succeeded : AttemptVerdict.Failed;
                var verdict = State.Breaker == BreakerState.HalfOpen ? trial : step.Number < 50 ? AttemptVerdict.Failed : (AttemptVerdict)(step.Number % 5);
                Apply(new InstanceEvent.AttemptFinished(epoch, step.Number % 9 == 0 ? LegKind.Decode : LegKind.Whole, verdict), isFenced: IsOther(epoch));
                break;
            case LifeStepKind.ReservationsEmptied:
                Apply(new InstanceEvent.ReservationsEmptied(epoch), isFenced: IsOther(epoch));
                break;
            case LifeStepKind.ClockLate:
                Apply(new InstanceEvent.ClockLate(span));
                _late += span;
                break;
            case LifeStepKind.Freeze:
                _isFrozen = step.Number % 3 != 0;
                break;
            case LifeStepKind.Restore:
                Restore();
                break;
        }
    }

    private void Register(Registration registration)
    {
        var before = State;
        var verdict = Apply(new InstanceEvent.RegisterReceived(registration));
        if (_superseded.Contains(registration.Incarnation))
        {
            Assert.Equal(InstanceVerdict.StaleIncarnation, verdict);
        }

        if (verdict == InstanceVerdict.Accepted)
        {
            Assert.Equal(before.Epoch.Next(), State.Epoch);
            Assert.Equal(registration, State.Registration);
            _accepted.Add(registration.Incarnation);
        }
        else
        {
            Assert.Equal(before.Epoch, State.Epoch);
            Assert.Equal(before.Incarnation, State.Incarnation);
            if (verdict != InstanceVerdict.Renewed)
            {
                Assert.Same(before, State);
            }
        }
    }

    private void Drain(TimeSpan span, bool isEmpty)
    {
        var wasDraining = State.Admin == AdminState.Draining;
        var wasRemoved = State.Liveness == Liveness.Removed;
        Apply(new InstanceEvent.DrainReceived(span, isEmpty), isFenced: wasRemoved);
        if (State.Admin == AdminState.Draining)
        {
            var by = Now + span;
            _drainBy = wasDraining ? Monotonic.Min(_drainBy!.Value, by) : by;
        }
    }

    private void Restore()
    {
        var before = State;
        var restored = InstanceLifecycle.Restore(LifeDriver.Id, before.ToRecord(), Now, _options);
        _probesOfEarlierActivations.AddRange(_probes);
        _probes.Clear();
        _probes.AddRange(restored.Effects.OfType<InstanceEffect.StartProbe>());
        State = restored.State;
        Assert.Equal((before.Epoch, before.Registration, before.Admin), (State.Epoch, State.Registration, State.Admin));
        Assert.Equal(before.HeldEpoch, State.HeldEpoch);
        Assert.Equal(before.Liveness == Liveness.Active ? Liveness.LeaseLost : before.Liveness, State.Liveness);
        _suspectSince = State.Liveness == Liveness.Suspect ? Now : null;
        _drainBy = State.Admin == AdminState.Draining ? Now + before.DrainFor : null;
        _late = TimeSpan.Zero;
    }

    private void Tick()
    {
        Apply(InstanceEvent.Tick.Instance);
        Assert.False(InstanceLifecycle.NextWake(State, _options) <= Now, "Due after a tick.");
        if (State.Liveness == Liveness.Suspect)
        {
            _wasHeld |= _isFrozen && State.Hearing == Hearing.Silent;
            Assert.True(_wasHeld || Now - _suspectSince!.Value < _options.SuspectWindow + _late, "Suspect beyond its window.");
        }

        if (State.Admin == AdminState.Draining)
        {
            Assert.True(Now < _drainBy, "Draining beyond its deadline.");
        }
    }

    private InstanceVerdict Apply(InstanceEvent e, bool isFenced = false)
    {
        var before = State;
        var result = InstanceLifecycle.Apply(before, e, Now, _options, _isFrozen);
        if (isFenced)
        {
            Assert.Same(before, result.State);
            Assert.Empty(result.Effects);
            Assert.NotEqual(InstanceVerdict.Accepted, result.Verdict);
            Assert.NotEqual(InstanceVerdict.Renewed, result.Verdict);
        }

        State = result.State;
        CheckEffects(before, e, result);
        CheckState(before, e);
        return result.Verdict;
    }

    private void CheckState(InstanceState before, InstanceEvent e)
    {
        Visited.Add(State.Liveness);
        Visited.Add(State.Admin);
        Visited.Add(State.Breaker);
        if (e is not InstanceEvent.RegisterReceived)
        {
            Assert.Equal((before.Epoch, before.Incarnation), (State.Epoch, State.Incarnation));
        }

        if (State.Incarnation is { } current)
        {
            Assert.False(State.Liveness != Liveness.Removed && _drained.Contains(current), "Drained, and back.");
            if (State.Admin == AdminState.Drained)
            {
                Assert.Equal(Liveness.Removed, State.Liveness);
                _drained.Add(current);
            }

            Assert.DoesNotContain(current, _superseded);
            Assert.DoesNotContain(current, State.Superseded);
            Assert.DoesNotContain(State.Displaced, displaced => displaced.Incarnation == current);
        }

        if (State.IsSchedulable)
        {
            Assert.True(State.IsConfirmed);
            Assert.Equal(State.Epoch, State.HeldEpoch);
            Assert.DoesNotContain(State.Liveness, new[] { Liveness.Joining, Liveness.Suspect, Liveness.Removed });
            Assert.Equal(AdminState.Open, State.Admin);
        }

        Assert.Equal(State.Admin == AdminState.Draining, State.DrainUntil is not null);
        if (State.Liveness == Liveness.Suspect)
        {
            _suspectSince ??= Now;
        }
        else
        {
            _suspectSince = null;
        }

        if (State.Liveness != Liveness.Suspect)
        {
            _late = TimeSpan.Zero;
            _wasHeld = false;
        }
    }

    private void CheckEffects(InstanceState before, InstanceEvent e, InstanceTransition result)
    {
        var status = before.Status;
        foreach (var effect in result.Effects)
        {
            switch (effect)
            {
                case InstanceEffect.Transitioned moved:
                    Assert.Equal(status, moved.From);
                    status = moved.To;
                    if (_isFrozen && moved is { Evidence: EvidenceKind.Silent, Cause: not TransitionCause.Deleted })
                    {
                        // Only an answer, or what was decided before, takes it out of a frozen pool.
                        var isAnswer = before.Hearing == Hearing.Heard || e is InstanceEvent.ProbeFinished { Result: ProbeResult.Unhealthy };
                        Assert.True(isAnswer || before.IsCapped || before.IsDeleted, $"{moved.From.Liveness} -> {moved.To.Liveness} on silence by {e}.");
                    }

                    Visited.Add(moved.Cause);
                    break;
                case InstanceEffect.StartProbe probe:
                    Assert.Equal((State.Epoch, State.Incarnation, State.Registration!.Url), (probe.Epoch, probe.Incarnation, probe.Url));
                    Assert.True(_probes.Count == 0 || probe.ProbeNumber > _probes[^1].ProbeNumber);
                    _probes.Add(probe);
                    break;
                case InstanceEffect.EpochLost lost:
                    _lost.Add(lost.Epoch);
                    Visited.Add(lost.Cause);
                    break;
                case InstanceEffect.LedgerMoved moved:
                    Assert.Equal(State.Epoch, moved.Epoch);
                    _superseded.UnionWith(_accepted.Where(other => other != State.Incarnation));
                    break;
            }
        }

        // Each change is told, and each epoch that ends ends for its attempts.
        Assert.Equal(State.Status, status);
        if (before.HeldEpoch != Epoch.None && before.HeldEpoch != State.HeldEpoch)
        {
            Assert.Contains(before.HeldEpoch, _lost);
        }

        var isStored = result.Effects.Any(effect => effect is InstanceEffect.Persist);
        Assert.Equal(Describe(before) != Describe(State), isStored);
        Assert.True(!ReferenceEquals(before, State) || result.Effects.IsEmpty, $"Effects without a change by {e}.");
        Assert.True(ReferenceEquals(before, State) || before != State, "An equal state is not the same one.");
    }

    /// <summary>A tick before the wake changes nothing, one at it changes something.</summary>
    private void CheckWake()
    {
        var wake = InstanceLifecycle.NextWake(State, _options);
        var before = wake is { } at ? new Monotonic(at.Ticks - 1) : Now + TimeSpan.FromDays(1);
        var early = InstanceLifecycle.Apply(State, InstanceEvent.Tick.Instance, before, _options, _isFrozen);
        Assert.Same(State, early.State);
        Assert.Empty(early.Effects);
        Assert.Equal(InstanceVerdict.Ignored, early.Verdict);
        if (wake is { } due)
        {
            Assert.NotEqual(State, InstanceLifecycle.Apply(State, InstanceEvent.Tick.Instance, due, _options, _isFrozen).State);
        }
    }

    private static string Describe(InstanceState state)
    {
        var record = state.ToRecord();
        return $"{record with { Displaced = [], Superseded = [] }} {string.Join(',', record.Displaced)} {string.Join(',', record.Superseded)}";
    }

    private bool IsOther(IncarnationId incarnation) => State.Liveness == Liveness.Removed || State.Incarnation != incarnation;

    private bool IsOther(Epoch epoch) => State.Liveness == Liveness.Removed || State.Epoch != epoch;

    /// <summary>Mostly the current one.</summary>
    private IncarnationId IncarnationOf(int who) =>
        who < 6 && State.Incarnation is { } current ? current : new IncarnationId(((char)('a' + (who % 4))).ToString());

    private Epoch EpochOf(int who) => who switch
    {
        < 7 => State.Epoch,
        7 => State.HeldEpoch,
        8 => new Epoch(State.Epoch.Value - 1),
        _ => State.Epoch.Next(),
    };
}
