using Krewe.Fleet.Instances;
using Krewe.Simulation.Agents;
using Krewe.Simulation.Engines;
using Krewe.Simulation.Plans;
using Krewe.Simulation.Running;
using Krewe.Simulation.Silos;
using Krewe.Core.Identity;
using Krewe.Core.Instances;

namespace Krewe.Simulation.Faults;

/// <summary>Lets the planned faults happen, and heals everything at the end.</summary>
internal sealed class FaultInjector(World world)
{
    private static readonly TimeSpan[] SupervisorLooks = [TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(3)];

    private readonly Dictionary<FaultKind, int> _done = [];

    private bool _isHealed;

    /// <summary>Faults that took effect, by kind.</summary>
    public IReadOnlyDictionary<FaultKind, int> Done => _done;

    public void Inject(PlannedFault fault)
    {
        world.Trace.Add("fault", $"{fault.Kind}", fault.Value, fault.For.Ticks);
        world.Trace.Note(() => fault.ToString());
        var end = Min(fault.At + fault.For, world.Scenario.HealAt);
        var took = fault.Kind switch
        {
            FaultKind.StoreSlow => Do(() => world.Store.SlowUntil = end),
            FaultKind.StoreFails => Do(() => world.Store.FailsUntil = end),
            FaultKind.StoreStale => Do(() => world.Store.StaleUntil = end),
            FaultKind.WallClock => Do(() => world.Clock.WallSkew += !world.Scenario.WallClockJumps ? TimeSpan.Zero : TimeSpan.FromHours(fault.Value % 2 == 0 ? 1 : -1)),
            FaultKind.SiloStall => world.Silo is { } silo && Do(() => silo.StandStill(fault.For)),
            FaultKind.SiloRestart => world.Silo is not null && world.Twin is null && RestartSilo(fault.For),
            FaultKind.SiloTwin => TwinSilo(end),
            _ => Inject(fault, end),
        };
        if (took)
        {
            _done[fault.Kind] = _done.GetValueOrDefault(fault.Kind) + 1;
        }
    }

    /// <summary>Every fault is over; what is down comes back.</summary>
    public void Heal()
    {
        world.Trace.Add("heal", "");
        _isHealed = true;
        world.EndTwin();
        foreach (var instance in world.Scenario.Instances)
        {
            var agents = world.Agents.Where(agent => agent.Engine.Name == instance.Name).ToList();
            Administer(instance.Name, new AdminCommand(AdminAction.Uncordon));
            foreach (var agent in agents)
            {
                agent.Engine.Continue();
                agent.Engine.Slowness = 1;
                agent.Stay();
            }

            // One process of each name goes on: the newest that nobody turned away.
            var chosen = agents.LastOrDefault(agent => !agent.IsGone && !agent.Engine.IsDead);
            foreach (var other in agents.Where(agent => agent != chosen))
            {
                other.Kill();
                if (other.Engine != chosen?.Engine)
                {
                    other.Engine.Kill();
                }
            }

            if (chosen is null)
            {
                world.StartEngine(instance);
            }
        }

        foreach (var pause in SupervisorLooks)
        {
            world.Clock.After(pause, Supervise);
        }
    }

    /// <summary>Who learned only now that it was superseded or drained has ended: its supervisor starts the engine anew.</summary>
    private void Supervise()
    {
        foreach (var instance in world.Scenario.Instances)
        {
            if (!world.Agents.Exists(agent => agent.Engine.Name == instance.Name && !agent.IsGone && !agent.Engine.IsDead))
            {
                world.StartEngine(instance);
            }
        }
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private static bool Do(Action what)
    {
        what();
        return true;
    }

    private bool Inject(PlannedFault fault, TimeSpan end)
    {
        var instance = world.Scenario.Instances.First(one => one.Name == fault.Target);
        if (world.Agents.LastOrDefault(agent => agent.Engine.Name == fault.Target && !agent.Engine.IsDead) is not { } agent)
        {
            return fault.Kind is FaultKind.ReplayRegistration or FaultKind.ReplayHeartbeat or FaultKind.ReplayDelete && Replay(fault);
        }

        var engine = agent.Engine;
        var node = world.Engines.Node(fault.Target);
        return fault.Kind switch
        {
            FaultKind.Kill => Do(() => Kill(fault, agent, instance, end)),
            FaultKind.Stop => Do(() => Stop(engine, end)),
            FaultKind.Slow => Do(() => SlowDown(engine, 2 + (fault.Value % 30), end)),
            FaultKind.HealthLies => Do(() => engine.LiesUntil = end),
            FaultKind.RejectStorm => Do(() => engine.RejectsUntil = end),
            FaultKind.ErrorStorm => Do(() => engine.FailsUntil = end),
            FaultKind.CutFromEngine => Do(() => node.CutFromUntil = end),
            FaultKind.CutToEngine => Do(() => node.CutToUntil = end),
            FaultKind.CutHeartbeats => Do(() => node.AgentCutUntil = end),
            FaultKind.KillAgent => Do(() => KillAgent(agent, instance, end)),
            FaultKind.Delete => !agent.IsGone && Do(() => agent.Delete(fault.For)),
            FaultKind.ReplayRegistration or FaultKind.ReplayHeartbeat or FaultKind.ReplayDelete => Replay(fault),
            FaultKind.Stillborn => Do(() => Impose(instance, end).Engine.Stop()),
            FaultKind.Garbles => Do(() => engine.GarblesUntil = end),
            FaultKind.LosesKv => engine.Role != InstanceRole.Decode && Do(() => engine.LosesKvUntil = end),
            FaultKind.Impostor => Do(() => Impose(instance, end)),
            FaultKind.Drain => Do(() => Administer(fault.Target, new AdminCommand(AdminAction.Drain, Min(fault.For, world.Scenario.HealAt - fault.At - TimeSpan.FromSeconds(2))))),
            FaultKind.Cordon => Do(() => Cordon(fault.Target, end)),
            _ => throw new InvalidOperationException($"{fault.Kind} is not done."),
        };
    }

    private void Kill(PlannedFault fault, SimAgent agent, PlannedInstance instance, TimeSpan end)
    {
        agent.Engine.Kill();
        if (fault.Value % 2 == 0)
        {
            agent.Kill();
        }
        else if (fault.Value % 3 == 0)
        {
            agent.Delete(fault.For);
        }

        At(end, () =>
        {
            agent.Kill();
            world.StartEngine(instance, fault.Value % 5 < 2 ? agent.Engine.Url : null);
        });
    }

    private void Stop(EngineProcess engine, TimeSpan end)
    {
        engine.Stop();
        At(end, engine.Continue);
    }

    private void SlowDown(EngineProcess engine, double times, TimeSpan end)
    {
        engine.Slowness = times;
        At(end, () => engine.Slowness = 1);
    }

    private void KillAgent(SimAgent agent, PlannedInstance instance, TimeSpan end)
    {
        agent.Kill();
        At(end, () =>
        {
            if (!agent.Engine.IsDead)
            {
                world.StartAgent(agent.Engine, instance.Limit);
            }
        });
    }

    private SimAgent Impose(PlannedInstance instance, TimeSpan end)
    {
        var impostor = world.StartEngine(instance);
        At(end, () =>
        {
            impostor.Kill();
            impostor.Engine.Kill();
        });
        return impostor;
    }

    private void Cordon(string name, TimeSpan end)
    {
        Administer(name, new AdminCommand(AdminAction.Cordon));
        At(end, () => Administer(name, new AdminCommand(AdminAction.Uncordon)));
    }

    private bool TwinSilo(TimeSpan end)
    {
        var started = world.StartTwin();
        if (started)
        {
            At(end, world.EndTwin);
        }

        return started;
    }

    private bool RestartSilo(TimeSpan after)
    {
        world.KillSilo();
        world.Clock.After(after, world.StartSilo);
        return true;
    }

    /// <summary>Something that was sent once arrives again, of any incarnation that ever had the name.</summary>
    private bool Replay(PlannedFault fault)
    {
        var agents = world.Agents.Where(agent => agent.Engine.Name == fault.Target).ToList();
        var old = agents[fault.Value % agents.Count];
        if (world.Silo is not { } silo)
        {
            return false;
        }

        var instance = silo.Actors.Arriving(Id(fault.Target));
        silo.Deliver(() =>
        {
            switch (fault.Kind)
            {
                case FaultKind.ReplayRegistration:
                    _ = instance.RegisterAsync(old.Registration).AsTask();
                    break;
                case FaultKind.ReplayHeartbeat when old.LastHeartbeat is { } heartbeat:
                    _ = instance.HeartbeatAsync(heartbeat).AsTask();
                    break;
                case FaultKind.ReplayDelete:
                    _ = instance.DeleteAsync(old.Registration.Incarnation).AsTask();
                    break;
            }
        });
        return true;
    }

    private void Administer(string name, AdminCommand command)
    {
        if (world.Silo is { } silo)
        {
            silo.Deliver(() => _ = silo.Actors.Arriving(Id(name)).AdministerAsync(command).AsTask());
        }
    }

    /// <summary>A fault ends by itself, unless everything was healed before.</summary>
    private void At(TimeSpan when, Action what) => world.Clock.After(when - world.Clock.Elapsed, () =>
    {
        if (!_isHealed)
        {
            what();
        }
    });

    private static InstanceId Id(string name) => new(SimSilo.Pool, new InstanceName(name));
}
