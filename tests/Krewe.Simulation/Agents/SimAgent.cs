using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Protocols;
using Krewe.Core.Randomness;
using Krewe.Fleet.Instances;
using Krewe.Simulation.Checks;
using Krewe.Simulation.Engines;
using Krewe.Simulation.Network;
using Krewe.Simulation.Running;
using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Agents;

/// <summary>The sidecar of one engine process: registers it, sends its heartbeats, and does as it is told.</summary>
internal sealed class SimAgent
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    private readonly SimulationClock _clock;
    private readonly IRandomSource _random;
    private readonly SimNetwork _network;
    private readonly SimNode _node;
    private readonly Func<SimSilo?> _silo;
    private readonly EngineProcess _engine;
    private readonly InstanceId _id;
    private TimeSpan _seenAt;
    private TimeSpan _heartbeatInterval = LeaseOptions.Default.HeartbeatInterval;
    private long _sequence;
    private int _registering;
    private bool _isRegistered;
    private TimeSpan _leavesUntil;

    public SimAgent(SimulationClock clock, IRandomSource random, SimNetwork network, SimNode node, Func<SimSilo?> silo, EngineProcess engine, int limit)
    {
        _clock = clock;
        _random = random;
        _network = network;
        _node = node;
        _silo = silo;
        _engine = engine;
        _id = new InstanceId(SimSilo.Pool, new InstanceName(engine.Name));
        Registration = new Registration
        {
            Incarnation = new IncarnationId(engine.Incarnation),
            Role = engine.Role,
            Protocol = EngineProtocol.Vllm,
            Url = engine.Url,
            Model = SimSilo.Model,
            TransferGroup = new TransferGroup("default"),
            Capacity = new InstanceCapacity(limit, 0, 0),
        };
        _seenAt = clock.Elapsed;
        // Higher than any that an earlier agent of the same engine gave: one of its heartbeats may still be under way.
        _sequence = (long)clock.Elapsed.TotalMilliseconds;
        Register();
        Poll();
    }

    public EngineProcess Engine => _engine;

    public Registration Registration { get; }

    /// <summary>It has ended: by a fault, or since it was told that its engine is out.</summary>
    public bool IsGone { get; private set; }

    /// <summary>The last heartbeat that it sent.</summary>
    public HeartbeatCommand? LastHeartbeat { get; private set; }

    public void Kill() => IsGone = true;

    /// <summary>Says that its engine goes; if it is there still after that time, it registers again.</summary>
    public void Delete(TimeSpan leaves)
    {
        _leavesUntil = _clock.Elapsed + leaves;
        Delete();
    }

    /// <summary>Its engine does not go after all.</summary>
    public void Stay() => _leavesUntil = TimeSpan.Zero;

    private void Delete() => Send(silo => _ = silo.Actors.Arriving(_id).DeleteAsync(Registration.Incarnation).AsTask());

    private void Register()
    {
        if (IsGone)
        {
            return;
        }

        var call = ++_registering;
        _isRegistered = false;
        Send(silo => _ = CallAsync(silo));
        _clock.After(CallTimeout + Jitter(), () =>
        {
            if (call == _registering && !_isRegistered)
            {
                Register();
            }
        });

        async Task CallAsync(SimSilo silo)
        {
            var reply = await silo.Actors.Arriving(_id).RegisterAsync(Registration);
            Answer(silo, () =>
            {
                if (call == _registering && !_isRegistered)
                {
                    OnRegistered(reply);
                }
            });
        }
    }

    private void OnRegistered(RegisterReply reply)
    {
        switch (reply.Verdict)
        {
            case InstanceVerdict.Accepted or InstanceVerdict.Renewed:
                _isRegistered = true;
                _heartbeatInterval = reply.HeartbeatInterval;
                var registration = _registering;
                _clock.After(_heartbeatInterval + Jitter(), () => Heartbeat(registration));
                break;
            case InstanceVerdict.StaleIncarnation or InstanceVerdict.Drained:
                IsGone = true;
                break;
        }
    }

    private void Heartbeat(int registration)
    {
        if (IsGone || registration != _registering)
        {
            return;
        }

        var load = new ReportedLoad(_engine.Running, 0, 0, 0, FenceCheck.Ordinal(Registration.Incarnation), 0);
        var heartbeat = new HeartbeatCommand(Registration.Incarnation, ++_sequence, _clock.Elapsed - _seenAt, load);
        LastHeartbeat = heartbeat;
        Send(silo => _ = CallAsync(silo));
        _clock.After(_heartbeatInterval + Jitter(), () => Heartbeat(registration));

        async Task CallAsync(SimSilo silo)
        {
            var reply = await silo.Actors.Arriving(_id).HeartbeatAsync(heartbeat);
            Answer(silo, () =>
            {
                if (registration == _registering)
                {
                    OnHeartbeatAnswered(reply);
                }
            });
        }
    }

    private void OnHeartbeatAnswered(HeartbeatReply reply)
    {
        if (reply.Verdict is InstanceVerdict.StaleIncarnation or InstanceVerdict.Drained || reply.Admin == AdminState.Drained)
        {
            IsGone = true;
        }
        else if (reply.Verdict == InstanceVerdict.UnknownInstance || (reply is { Verdict: InstanceVerdict.Accepted, Liveness: Liveness.LeaseLost or Liveness.Suspect } && _clock.Elapsed >= _leavesUntil))
        {
            // Not known there, or deleted there, and alive here.
            Register();
        }
    }

    private void Poll()
    {
        if (IsGone)
        {
            return;
        }

        if (_engine.IsRunning)
        {
            _seenAt = _clock.Elapsed;
        }

        _clock.After(PollInterval, Poll);
    }

    private void Send(Action<SimSilo> arrive) =>
        _network.OfAgent(_node, _node.CutFromUntil, () =>
        {
            if (_silo() is { } silo)
            {
                silo.Deliver(() => arrive(silo));
            }
        });

    private void Answer(SimSilo silo, Action arrive)
    {
        if (!silo.Gate.IsGone)
        {
            _network.OfAgent(_node, _node.CutToUntil, arrive);
        }
    }

    private TimeSpan Jitter() => TimeSpan.FromMilliseconds(_random.NextDouble() * 20);
}
