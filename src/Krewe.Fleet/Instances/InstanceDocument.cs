using Krewe.Core.Instances;

namespace Krewe.Fleet.Instances;

/// <summary>What is stored of an instance.</summary>
/// <param name="Generation">Rises with each activation; orders what two activations of one instance say.</param>
/// <param name="Record">The instance's own record.</param>
public sealed record InstanceDocument(long Generation, InstanceRecord Record)
{
    /// <summary>On a conflict: the higher epoch wins; of equal ones, the later activation.</summary>
    public static InstanceDocument Newer(InstanceDocument ours, InstanceDocument? stored)
    {
        ArgumentNullException.ThrowIfNull(ours);
        return stored is null
            || ours.Record.Epoch > stored.Record.Epoch
            || (ours.Record.Epoch == stored.Record.Epoch && ours.Generation >= stored.Generation)
            ? ours
            : stored;
    }
}
