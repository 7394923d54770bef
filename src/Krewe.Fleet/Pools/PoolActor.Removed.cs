using Krewe.Core.Identity;
using Krewe.Core.Instances;

namespace Krewe.Fleet.Pools;

/// <content>Instances that are gone: nobody wakes them, so where the store has lost their epochs nobody but the pool sees to it that they are written again.</content>
public sealed partial class PoolActor
{
    // Each reads its record and writes it; a store that has just come back is not to be overrun.
    private const int RemindedAtOnce = 256;

    private readonly Queue<InstanceName> _toRemind = new();

    // Whether this activation knows what the store had of it: it was read, or a write met with it.
    private bool _isStoreKnown;
    private bool _hasSaved;

    /// <summary>The store lacks what it had, or has an older copy of it. As many are reminded as the silo's view remembers.</summary>
    private void OnStoreLost()
    {
        _toRemind.Clear();
        if (_services.View.Find(_name) is { } slot)
        {
            foreach (var gone in slot.View.All().Where(member => member.Liveness == Liveness.Removed))
            {
                _toRemind.Enqueue(gone.Id.Name);
            }
        }
    }

    /// <summary>Wakes the next of them. Who is woken takes the higher of what is stored and what its silo saw last, and writes that.</summary>
    private void LookAfterRemoved()
    {
        if (!_isStoreKnown && _hasSaved && _written.IsCompletedSuccessfully)
        {
            // It could not be read, and then took our record for its first.
            _isStoreKnown = true;
            OnStoreLost();
        }

        for (var left = RemindedAtOnce; left > 0 && _toRemind.TryDequeue(out var gone); left--)
        {
            _ = NudgeAsync(gone);
        }
    }
}
