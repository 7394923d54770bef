using Krewe.Core.Identity;

namespace Krewe.Core.Routing;

/// <summary>An instance that a request shall not be routed to again.</summary>
/// <param name="Instance">Which.</param>
/// <param name="Epoch">Only this life of it; null = whichever.</param>
public readonly record struct Exclusion(InstanceId Instance, Epoch? Epoch = null)
{
    public bool Covers(InstanceView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        return (Epoch is not { } epoch || epoch == view.Epoch) && Instance == view.Id;
    }
}
