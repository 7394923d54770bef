using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Core.Identity;

namespace Krewe.Fleet.View;

/// <summary>Who wants to know of which instance. Telling costs a look-up, and none where nobody does.</summary>
internal sealed class InstanceWatches
{
    private readonly ConcurrentDictionary<InstanceId, ImmutableArray<Watch>> _watches = new();
    private int _count;

    public IDisposable Add(InstanceId instance, Action changed)
    {
        ArgumentNullException.ThrowIfNull(changed);
        var watch = new Watch(this, instance, changed);
        Interlocked.Increment(ref _count);
        _watches.AddOrUpdate(instance, static (_, added) => [added], static (_, known, added) => known.Add(added), watch);
        return watch;
    }

    public void Tell(InstanceId instance)
    {
        if (Volatile.Read(ref _count) == 0 || !_watches.TryGetValue(instance, out var watches))
        {
            return;
        }

        foreach (var watch in watches)
        {
            watch.Changed();
        }
    }

    private void Remove(Watch watch)
    {
        while (_watches.TryGetValue(watch.Instance, out var known))
        {
            var left = known.Remove(watch);
            if (left.IsEmpty
                ? _watches.TryRemove(KeyValuePair.Create(watch.Instance, known))
                : _watches.TryUpdate(watch.Instance, left, known))
            {
                Interlocked.Decrement(ref _count);
                return;
            }
        }
    }

    private sealed class Watch(InstanceWatches watches, InstanceId instance, Action changed) : IDisposable
    {
        private bool _isOver;

        public InstanceId Instance => instance;

        public void Changed() => changed();

        public void Dispose()
        {
            if (!Interlocked.Exchange(ref _isOver, true))
            {
                watches.Remove(this);
            }
        }
    }
}
