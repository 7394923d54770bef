using Krewe.Core.Instances;

namespace Krewe.Fleet.Instances;

/// <summary>What is stored of an instance.</summary>
/// <param name="Generation">Rises with each activation; orders what two activations of one instance say.</param>
/// <param name="Record">The instance's own record.</param>
public sealed record InstanceDocument(long Generation, InstanceRecord Record)
{
    /// <summary>
    /// On a conflict: the higher epoch wins; of equal ones, the later activation. Where two activations gave one epoch to
    /// two lives, it is the stored one's, who was told first that it is durable; the other registers again.
    /// </summary>
    public static InstanceDocument Newer(InstanceDocument ours, InstanceDocument? stored)
    {
        ArgumentNullException.ThrowIfNull(ours);
        if (stored is null || ours.Record.Epoch > stored.Record.Epoch)
        {
            return ours;
        }

        return ours.Record.Epoch == stored.Record.Epoch && IsSameLife(ours.Record, stored.Record) && ours.Generation >= stored.Generation ? ours : stored;
    }

    private static bool IsSameLife(InstanceRecord ours, InstanceRecord stored) =>
        ours.Registration is null || stored.Registration is null || ours.Registration.IsSameLife(stored.Registration);
}
