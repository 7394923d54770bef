using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Tests.Instances;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Pools;

/// <summary>A pool whose instances live by <see cref="InstanceLifecycle"/> and whose membership is held by <see cref="BlindnessRule"/>, in steps of 10 ms.</summary>
internal sealed class BlindPool
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    private readonly InstanceState[] _instances;
    private readonly Monotonic[] _silentSince;
    private readonly InstanceEffect.StartProbe?[] _probes;
    private readonly Monotonic[] _probeEnds;
    private readonly Monotonic[] _nextBeat;
    private long _sequence;
    private Monotonic _now = new(TimeSpan.FromHours(1).Ticks);

    public BlindPool(int size, int[] phases)
    {
        _instances = new InstanceState[size];
        _silentSince = new Monotonic[size];
        _probes = new InstanceEffect.StartProbe?[size];
        _probeEnds = new Monotonic[size];
        _nextBeat = new Monotonic[size];
        for (var i = 0; i < size; i++)
        {
            _instances[i] = InstanceState.New(LifeDriver.Id);
            _nextBeat[i] = _now + TimeSpan.FromMilliseconds(phases[i]);
            Apply(i, new InstanceEvent.RegisterReceived(LifeDriver.Registration("a")));
        }
    }

    public BlindnessState Blindness { get; private set; }

    /// <summary>How many turned Suspect so far.</summary>
    public int Suspected { get; private set; }

    /// <summary>How many are Suspect or Removed now.</summary>
    public int Missing => _instances.Count(state => state.Liveness is Liveness.Suspect or Liveness.Removed);

    /// <summary>Lets time pass; of the first <paramref name="silent"/> instances nothing is heard meanwhile.</summary>
    public void Pass(TimeSpan span, int silent)
    {
        for (var until = _now + span; _now < until; _now += Step)
        {
            for (var i = 0; i < _instances.Length; i++)
            {
                Live(i, isSilent: i < silent);
            }

            Judge();
        }
    }

    private void Live(int i, bool isSilent)
    {
        if (_nextBeat[i] <= _now)
        {
            _nextBeat[i] += LeaseOptions.Default.HeartbeatInterval;
            if (!isSilent)
            {
                Apply(i, new InstanceEvent.HeartbeatReceived(new IncarnationId("a"), ++_sequence, TimeSpan.Zero, default));
            }
        }

        if (_probes[i] is { } probe && (!isSilent || _probeEnds[i] <= _now))
        {
            _probes[i] = null;
            Apply(i, new InstanceEvent.ProbeFinished(probe.Epoch, probe.Incarnation, probe.ProbeNumber, isSilent ? ProbeResult.TimedOut : ProbeResult.Ok));
        }

        Apply(i, InstanceEvent.Tick.Instance);
    }

    private void Apply(int i, InstanceEvent e)
    {
        var before = _instances[i];
        var result = InstanceLifecycle.Apply(before, e, _now, LeaseOptions.Default, Blindness.IsFrozen);
        _instances[i] = result.State;
        if (before.Hearing != Hearing.Silent && result.State.Hearing == Hearing.Silent)
        {
            _silentSince[i] = _now;
        }

        Suspected += before.Liveness != Liveness.Suspect && result.State.Liveness == Liveness.Suspect ? 1 : 0;
        foreach (var probe in result.Effects.OfType<InstanceEffect.StartProbe>())
        {
            _probes[i] = probe;
            _probeEnds[i] = _now + (probe.Timeout * probe.Tries);
        }
    }

    private void Judge() =>
        Blindness = BlindnessRule.Next(Blindness, _instances.Select((state, i) => (state.Hearing, _silentSince[i])), _now, LeaseOptions.Default);
}
