using System.Collections.Concurrent;
using Krewe.Core.Identity;
using Krewe.Core.Time;

namespace Krewe.Fleet.Reservations;

/// <summary>
/// Lives of engines whose streams fell silent although nothing else says that anything is wrong, since when. What waits
/// there for its first token waits in vain, and has no idle limit of its own, for a first token may take its time. One token
/// of anybody's takes it back. As this silo's attempts see it; safe to use from many threads.
/// </summary>
public sealed class StalledEpochs
{
    private readonly ConcurrentDictionary<(InstanceId Instance, Epoch Epoch), Monotonic> _since = new();

    /// <summary>An attempt ended because its engine was silent within the answer.</summary>
    public void Stalled(InstanceId instance, Epoch epoch, Monotonic now) => _since[(instance, epoch)] = now;

    /// <summary>An attempt got its whole answer.</summary>
    public void Served(InstanceId instance, Epoch epoch)
    {
        if (!_since.IsEmpty)
        {
            _since.TryRemove((instance, epoch), out _);
        }
    }

    /// <summary>Whether it is stalled: nobody else has heard of it for the limit either.</summary>
    /// <param name="instance">Which.</param>
    /// <param name="epoch">Which life of it.</param>
    /// <param name="lastHeard">The last token of anybody's; null where nobody has one.</param>
    /// <param name="now">Now.</param>
    /// <param name="limit">The pool's idle limit.</param>
    internal bool IsStalled(InstanceId instance, Epoch epoch, Monotonic? lastHeard, Monotonic now, TimeSpan limit)
    {
        if (_since.IsEmpty || !_since.TryGetValue((instance, epoch), out var since))
        {
            return false;
        }

        if (lastHeard > since)
        {
            _since.TryRemove((instance, epoch), out _);
            return false;
        }

        return !(now - lastHeard < limit);
    }

    /// <summary>Forgets the lives that are over.</summary>
    internal void Forget(Func<InstanceId, Epoch, bool> isOver)
    {
        foreach (var (key, _) in _since)
        {
            if (isOver(key.Instance, key.Epoch))
            {
                _since.TryRemove(key, out _);
            }
        }
    }
}
