using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Instances.Breaking;
using Krewe.Core.Load;
using Krewe.Core.Protocols;
using Krewe.Core.Time;

namespace Krewe.Core.Tests.Instances;

/// <summary>Plays events to one instance at chosen times and keeps what came of them.</summary>
internal sealed class LifeDriver
{
    public static readonly InstanceId Id = InstanceId.Parse("sim/p1");

    private long _sequence;

    /// <summary>Whether its pool is frozen.</summary>
    public bool IsFrozen { get; set; }

    public LeaseOptions Options { get; init; } = LeaseOptions.Default;

    public Monotonic Now { get; private set; } = new(TimeSpan.FromHours(3).Ticks);

    public InstanceState State { get; private set; } = InstanceState.New(Id);

    public InstanceVerdict Verdict { get; private set; }

    /// <summary>Of the last event.</summary>
    public IReadOnlyList<InstanceEffect> Effects { get; private set; } = [];

    /// <summary>Of all events.</summary>
    public List<InstanceEffect> AllEffects { get; } = [];

    public static Registration Registration(string incarnation, int port = 9001, InstanceRole role = InstanceRole.Prefill) => new()
    {
        Incarnation = new IncarnationId(incarnation),
        Role = role,
        Protocol = EngineProtocol.Vllm,
        Url = new Uri($"http://127.0.0.1:{port}"),
        Model = "sim-model",
        TransferGroup = new TransferGroup("default"),
        Capacity = new InstanceCapacity(256, 0, 0),
    };

    /// <summary>One that is registered and Active by a heartbeat just now.</summary>
    public static LifeDriver Active(string incarnation = "a")
    {
        var life = new LifeDriver();
        life.Register(incarnation);
        life.Heartbeat(incarnation);
        Assert.Equal(Liveness.Active, life.State.Liveness);
        return life;
    }

    /// <summary>One that was Active, heard nothing more, and whose probe ahead of the lease's end was good.</summary>
    public static LifeDriver LeaseLost(string incarnation = "a")
    {
        var life = Active(incarnation);
        life.Pass(1500);
        life.Probe(ProbeResult.Ok);
        life.Pass(1500);
        Assert.Equal(Liveness.LeaseLost, life.State.Liveness);
        return life;
    }

    /// <summary>One whose lease ended with no good probe.</summary>
    public static LifeDriver SuspectSilent(string incarnation = "a")
    {
        var life = Active(incarnation);
        life.Pass(1500);
        life.Probe(ProbeResult.TimedOut);
        life.Pass(1500);
        Assert.Equal(Liveness.Suspect, life.State.Liveness);
        return life;
    }

    /// <summary>One whose address refused.</summary>
    public static LifeDriver SuspectDead(string incarnation = "a")
    {
        var life = Active(incarnation);
        life.Apply(new InstanceEvent.ConnectionFailed(life.State.Epoch));
        life.Probe(ProbeResult.Refused);
        Assert.Equal(Liveness.Suspect, life.State.Liveness);
        return life;
    }

    public InstanceVerdict Apply(InstanceEvent e)
    {
        var result = InstanceLifecycle.Apply(State, e, Now, Options, IsFrozen);
        State = result.State;
        Effects = result.Effects;
        AllEffects.AddRange(result.Effects);
        Verdict = result.Verdict;
        return Verdict;
    }

    public InstanceVerdict Register(string incarnation, int port = 9001, InstanceRole role = InstanceRole.Prefill) =>
        Apply(new InstanceEvent.RegisterReceived(Registration(incarnation, port, role)));

    public InstanceVerdict Heartbeat(string incarnation, long? sequence = null, int engineSeenMs = 0) =>
        Apply(new InstanceEvent.HeartbeatReceived(new IncarnationId(incarnation), sequence ?? ++_sequence, TimeSpan.FromMilliseconds(engineSeenMs), default));

    public InstanceVerdict Delete(string incarnation) => Apply(new InstanceEvent.DeleteReceived(new IncarnationId(incarnation)));

    public InstanceVerdict Tokens() => Apply(new InstanceEvent.TokensSeen(State.Epoch));

    public InstanceVerdict Drain(int deadlineMs, bool isEmpty = false) => Apply(new InstanceEvent.DrainReceived(TimeSpan.FromMilliseconds(deadlineMs), isEmpty));

    public InstanceVerdict Finish(AttemptVerdict verdict, LegKind leg = LegKind.Whole) => Apply(new InstanceEvent.AttemptFinished(State.Epoch, leg, verdict));

    /// <summary>Answers the probe under way.</summary>
    public InstanceVerdict Probe(ProbeResult result)
    {
        Assert.NotNull(State.Probe);
        return Apply(new InstanceEvent.ProbeFinished(State.Epoch, State.Incarnation!.Value, State.Probe.Number, result));
    }

    /// <summary>Its silo starts again: what was stored is read back.</summary>
    public void Restart()
    {
        var result = InstanceLifecycle.Restore(Id, State.ToRecord(), Now, Options);
        State = result.State;
        Effects = result.Effects;
        AllEffects.AddRange(result.Effects);
        Verdict = result.Verdict;
    }

    /// <summary>Lets time pass without a tick: the actor's timer does not run.</summary>
    public void Sleep(int milliseconds) => Now += TimeSpan.FromMilliseconds(milliseconds);

    /// <summary>Lets time pass, ticking at each wake, as an actor does. Probes stay unanswered, unless by <paramref name="answer"/> at once.</summary>
    public void Pass(int milliseconds, ProbeResult? answer = null)
    {
        var until = Now + TimeSpan.FromMilliseconds(milliseconds);
        while (InstanceLifecycle.NextWake(State, Options) is { } wake && wake <= until)
        {
            Now = Monotonic.Max(Now, wake);
            Apply(InstanceEvent.Tick.Instance);
            Assert.False(InstanceLifecycle.NextWake(State, Options) <= Now, "Due after a tick.");
            if (answer is { } result && State.Probe is not null)
            {
                Probe(result);
            }
        }

        Now = until;
    }

    public T Single<T>()
        where T : InstanceEffect => Assert.Single(Effects.OfType<T>());

    public bool Has<T>()
        where T : InstanceEffect => Effects.OfType<T>().Any();
}
