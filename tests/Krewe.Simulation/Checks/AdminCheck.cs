using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Fleet.Instances;
using Krewe.Simulation.Running;
using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Checks;

/// <summary>What operators asked for: it holds until they lift it, nobody else asks, and a drain ends in time (L5).</summary>
/// <param name="clock">The world's.</param>
/// <param name="findings">Where violations go.</param>
/// <param name="silo">Whose actors are asked.</param>
/// <param name="drainAsked">Shared by all silos: what one was asked to drain, the next one goes on draining.</param>
internal sealed class AdminCheck(SimulationClock clock, Findings findings, SimSilo silo, HashSet<(string Name, Epoch Epoch)> drainAsked)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly Dictionary<(string Name, Epoch Epoch), bool> _closed = [];
    private readonly Dictionary<(string Name, Epoch Epoch), AdminCommand> _asked = [];

    /// <summary>Whether an operator closed this life of the instance to new work.</summary>
    public bool IsClosed(string name, Epoch epoch) => _closed.GetValueOrDefault((name, epoch));

    /// <summary>Whether an operator ever asked to drain this life of the instance.</summary>
    public bool WasDrainAsked(string name, Epoch epoch) => drainAsked.Contains((name, epoch)) || drainAsked.Contains((name, Epoch.None));

    public void OnAsked(string name, Epoch epoch, AdminCommand command)
    {
        _asked[(name, epoch)] = command;
        if (command.Action == AdminAction.Drain)
        {
            drainAsked.Add((name, epoch));
        }
        else if (command.Action == AdminAction.Uncordon)
        {
            _closed.Remove((name, epoch));
        }
    }

    public void OnAccepted(string name, Epoch epoch, AdminCommand command)
    {
        if (silo.HadTwin)
        {
            // The other activation may not have heard of it before it wrote its own record.
            return;
        }

        // The answer comes when it is durable; by then another life may have begun, or something else been asked.
        if (silo.Watch.View(name)?.Epoch != epoch || !ReferenceEquals(_asked.GetValueOrDefault((name, epoch)), command))
        {
            return;
        }

        if (command.Action != AdminAction.Uncordon)
        {
            _closed[(name, epoch)] = true;
        }

        if (command.Action == AdminAction.Drain)
        {
            var stoodStill = silo.StoodStill;
            clock.After(command.DrainWithin + Grace, () => CheckDrained(name, epoch, stoodStill));
        }
    }

    private void CheckDrained(string name, Epoch epoch, TimeSpan stoodStill)
    {
        if (silo.Gate.IsGone || silo.Watch.View(name) is not { } view || view.Epoch != epoch)
        {
            return;
        }

        if (silo.StoodStill - stoodStill is var more && more > TimeSpan.Zero)
        {
            clock.After(more, () => CheckDrained(name, epoch, silo.StoodStill));
            return;
        }

        findings.Require(
            view is { Liveness: Liveness.Removed, Admin: AdminState.Drained }, "L5 a drain ends by its deadline", () => $"{name} is {view.Liveness}, {view.Admin}");
    }
}
