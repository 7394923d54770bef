using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Fleet.Instances;
using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Bugs;

/// <summary><see cref="SeededBug.DeleteByName"/>: between the check of the incarnation and the removal lies what its peers are told.</summary>
internal sealed class DeleteByName(InstanceId id, IInstanceRef inner, SimSilo silo) : InstanceDecorator(inner)
{
    private static readonly TimeSpan TellingPeers = TimeSpan.FromSeconds(2);

    public override async ValueTask<InstanceVerdict> DeleteAsync(IncarnationId incarnation)
    {
        var verdict = await Inner.DeleteAsync(incarnation);
        if (verdict == InstanceVerdict.Accepted)
        {
            silo.After(TellingPeers, () =>
            {
                // Of the incarnation that was deleted nothing is to be seen here: only of one that came since.
                if (silo.Watch.View(id)?.Registration.Incarnation != incarnation)
                {
                    _ = Inner.AdministerAsync(new AdminCommand(AdminAction.Drain)).AsTask();
                }
            });
        }

        return verdict;
    }
}
