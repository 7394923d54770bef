using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Routing;
using Krewe.Core.Time;
using Krewe.Fleet.Pools;
using Krewe.Fleet.View;

namespace Krewe.Gateway.Console.Live;

/// <summary>Since when this silo has seen removed instances as removed: whoever was lost is shown for as long as its pool misses it.</summary>
internal sealed class GoneInstances(FleetView view)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<InstanceId, Monotonic> _since = [];
    private bool _isFirst = true;

    /// <summary>Looks at the view; often enough that a moment tells since when.</summary>
    public void Note(Monotonic now)
    {
        lock (_gate)
        {
            foreach (var slot in view.Pools)
            {
                foreach (var instance in slot.View.All())
                {
                    if (instance.Liveness is not Liveness.Removed)
                    {
                        _since.Remove(instance.Id);
                    }
                    else if (!_since.ContainsKey(instance.Id))
                    {
                        // Those that were gone before this silo looked for the first time are old news.
                        _since.Add(instance.Id, _isFirst ? now - PoolActor.MissedFor : now);
                    }
                }
            }

            _isFirst = false;
        }
    }

    /// <summary>Whether it belongs on the board: all that are there, and those that were lost lately.</summary>
    public bool IsShown(InstanceView instance, Monotonic now)
    {
        if (instance.Liveness is not Liveness.Removed)
        {
            return true;
        }

        if (instance.Admin is AdminState.Drained)
        {
            return false;
        }

        lock (_gate)
        {
            return !_since.TryGetValue(instance.Id, out var since) || now - since < PoolActor.MissedFor;
        }
    }
}
