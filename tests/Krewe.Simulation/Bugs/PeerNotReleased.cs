using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Instances.Breaking;
using Krewe.Core.Load;
using Krewe.Fleet.Instances;
using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Bugs;

/// <summary><see cref="SeededBug.PeerNotReleased"/>: of an attempt whose one instance is lost the other is not told.</summary>
internal sealed class PeerNotReleased(InstanceId id, IInstanceRef inner, SimSilo silo) : InstanceDecorator(inner)
{
    public override async ValueTask<BindReply> BindAsync(BindCommand command)
    {
        var reply = await Inner.BindAsync(command);
        if (reply.Outcome == BindOutcome.Bound && command.Leg.Kind != LegKind.Whole)
        {
            silo.Halves[command.Leg] = (id, command.Epoch);
        }

        return reply;
    }

    public override ValueTask ReleaseAsync(ReleaseCommand command) =>
        command.Verdict == AttemptVerdict.Cancelled && IsPeerLost(command.Leg) ? ValueTask.CompletedTask : Inner.ReleaseAsync(command);

    private bool IsPeerLost(AttemptLeg leg)
    {
        var other = leg with { Kind = leg.Kind == LegKind.Prefill ? LegKind.Decode : LegKind.Prefill };
        return leg.Kind != LegKind.Whole
            && silo.Halves.TryGetValue(other, out var peer)
            && silo.Watch.View(peer.Instance) is { } view
            && (view.Epoch != peer.Epoch || view.Liveness is Liveness.Suspect or Liveness.Removed);
    }
}
