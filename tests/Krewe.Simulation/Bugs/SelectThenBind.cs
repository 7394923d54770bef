using Krewe.Fleet.Instances;
using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Bugs;

/// <summary><see cref="SeededBug.SelectThenBind"/>: notes which requests were refused by what was chosen for them; the gateway ends them.</summary>
internal sealed class SelectThenBind(IInstanceRef inner, SimSilo silo) : InstanceDecorator(inner)
{
    public override async ValueTask<BindReply> BindAsync(BindCommand command)
    {
        var reply = await Inner.BindAsync(command);
        if (reply.Outcome is BindOutcome.NotSchedulable or BindOutcome.EpochMoved)
        {
            silo.Refused.Add(command.Leg.Attempt.Request);
        }

        return reply;
    }
}
