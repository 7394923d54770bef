using Krewe.Core.Identity;
using Krewe.Fleet.Instances;
using Krewe.Simulation.Engines;
using Krewe.Simulation.Running;
using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Checks;

/// <summary>An engine whose process is gone gets no new binding (L2): for 1 s after an attempt found it so, and for 3 s where no attempt ran into it.</summary>
internal sealed class DeathCheck(SimulationClock clock, Findings findings, EngineFleet engines, SimSilo silo)
{
    private static readonly TimeSpan Told = TimeSpan.FromSeconds(1);

    // Half a lease until the probe ahead of its end; or, where that came just before the death, a whole one and a probe's pause.
    private static readonly TimeSpan Untold = TimeSpan.FromSeconds(3);

    private readonly Dictionary<(string Name, Epoch Epoch), List<TimeSpan>> _toldAt = [];
    private readonly Dictionary<(string Name, Epoch Epoch), TimeSpan> _renewedAt = [];

    /// <summary>The instance's actor hears that the connection of an attempt was refused or broke.</summary>
    public void OnConnectionFailed(string name, Epoch epoch)
    {
        if (!_toldAt.TryGetValue((name, epoch), out var times))
        {
            _toldAt.Add((name, epoch), times = []);
        }

        times.Add(clock.Elapsed);
    }

    /// <summary>A heartbeat that was under way when the engine died, and nobody had run into it yet, gives it a lease that is as much too long.</summary>
    public void OnRenewed(string name, Epoch epoch) => _renewedAt[(name, epoch)] = clock.Elapsed;

    public void OnBound(string name, BindCommand command, BindReply reply)
    {
        if (reply.View is not { Registration: { } registration } || engines.Find(registration.Incarnation) is not { IsDead: true } dead)
        {
            return;
        }

        // Whoever listens there now answers its probes; and what cannot be reached cannot be told from what is gone.
        var node = engines.Node(name);
        if (engines.At(registration.Url) is not null || silo.HadTwin || silo.StoodStill > TimeSpan.Zero || node.CutFromUntil > dead.DiedAt || node.CutToUntil > dead.DiedAt)
        {
            return;
        }

        var lastAt = _renewedAt.GetValueOrDefault((name, command.Epoch));
        var since = clock.Elapsed - (lastAt > dead.DiedAt ? lastAt : dead.DiedAt);
        findings.Require(since <= Untold, "L2 nothing is bound to who is dead", () => $"{command.Leg} to {name} ({registration.Incarnation}), dead since {since.TotalSeconds:F2} s");
        if (_toldAt.TryGetValue((name, command.Epoch), out var times) && times.Find(told => told >= dead.DiedAt) is var at && at > TimeSpan.Zero)
        {
            findings.Require(clock.Elapsed - at <= Told, "L2 nothing is bound to who is dead", () => $"{command.Leg} to {name}, found dead {(clock.Elapsed - at).TotalSeconds:F2} s ago");
        }
    }
}
