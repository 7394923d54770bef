using Krewe.Core.Instances;

namespace Krewe.Fleet.Instances;

/// <summary>What is stored of an instance.</summary>
/// <param name="Generation">Rises with each activation; orders what two activations of one instance say.</param>
/// <param name="Record">The instance's own record.</param>
public sealed record InstanceDocument(long Generation, InstanceRecord Record)
{
    /// <summary>
    /// On a conflict: the higher epoch wins; of equal ones, the later activation. Where two activations gave one epoch to
    /// two lives, it is the stored one's, who was told first that it is durable; the other registers again. Of one life, a
    /// drain stands, whichever activation was told of it.
    /// </summary>
    public static InstanceDocument Newer(InstanceDocument ours, InstanceDocument? stored)
    {
        ArgumentNullException.ThrowIfNull(ours);
        if (stored is null || ours.Record.Epoch > stored.Record.Epoch)
        {
            return ours;
        }

        if (ours.Record.Epoch != stored.Record.Epoch || !IsSameLife(ours.Record, stored.Record))
        {
            return stored;
        }

        if (ours.Generation >= stored.Generation || ours.Record.Admin == AdminState.Drained)
        {
            return ours;
        }

        // A drain is one way: an activation that was not told must not undo it.
        return ours.Record.Admin == AdminState.Draining && stored.Record.Admin is AdminState.Open or AdminState.Cordoned
            ? stored with { Record = stored.Record with { Admin = AdminState.Draining, DrainFor = ours.Record.DrainFor } }
            : stored;
    }

    private static bool IsSameLife(InstanceRecord ours, InstanceRecord stored) =>
        ours.Registration is null || stored.Registration is null || ours.Registration.IsSameLife(stored.Registration);
}
