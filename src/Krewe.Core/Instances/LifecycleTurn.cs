using System.Collections.Immutable;
using Krewe.Core.Time;

namespace Krewe.Core.Instances;

/// <summary>One event on its way through the rules: the state so far and the effects gathered.</summary>
internal sealed class LifecycleTurn(InstanceState before, Monotonic now, LeaseOptions options, bool isFrozen)
{
    private readonly InstanceState _before = before;
    private ImmutableArray<InstanceEffect>.Builder? _effects;

    public Monotonic Now { get; } = now;

    public LeaseOptions Options { get; } = options;

    /// <summary>Whether the pool takes nobody for lost on silence alone.</summary>
    public bool IsFrozen { get; } = isFrozen;

    /// <summary>The state so far. Set it where liveness, admin, breaker and epoch stay; else <see cref="Move"/>.</summary>
    public InstanceState State { get; set; } = before;

    public void Add(InstanceEffect effect) => (_effects ??= ImmutableArray.CreateBuilder<InstanceEffect>()).Add(effect);

    /// <summary>Takes the next state and tells of it where its status or epoch moved.</summary>
    public void Move(InstanceState to, TransitionCause cause, EvidenceKind? evidence = null)
    {
        var from = State;
        State = to;
        if (from.Status != to.Status || from.Epoch != to.Epoch)
        {
            Add(new InstanceEffect.Transitioned(from.Status, to.Status, to.Epoch, to.Registration!.Incarnation, cause, evidence));
        }
    }

    public void StartProbe(ProbePlan plan, ProbePurpose purpose)
    {
        var number = State.LastProbe + 1;
        State = State with { LastProbe = number, Probe = new RunningProbe(number, Now + plan.Longest + Options.ProbeGrace, purpose) };
        var registration = State.Registration!;
        Add(new InstanceEffect.StartProbe(State.Epoch, registration.Incarnation, registration.Url, number, plan.Tries, plan.Timeout, plan.Pause));
    }

    public InstanceTransition End(InstanceVerdict verdict)
    {
        if (State == _before)
        {
            State = _before;
        }
        else if (!State.IsStoredLike(_before))
        {
            Add(InstanceEffect.Persist.Instance);
        }

        return new InstanceTransition(State, _effects?.DrainToImmutable() ?? [], verdict);
    }
}
