using Krewe.Core.Identity;

namespace Krewe.Fleet.Journal;

/// <summary>The last ended requests of this silo, bounded; the oldest goes first.</summary>
/// <typeparam name="T">What is kept of a request; immutable once added.</typeparam>
public sealed class RequestLog<T>(int capacity = RequestLog<T>.DefaultCapacity)
    where T : class
{
    public const int DefaultCapacity = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<RequestId, T> _byId = new(capacity);
    private readonly RequestId[] _ring = new RequestId[capacity];
    private long _count;

    public void Add(RequestId id, T request)
    {
        lock (_gate)
        {
            if (!_byId.TryAdd(id, request))
            {
                return;
            }

            var slot = _count % _ring.Length;
            if (_count >= _ring.Length)
            {
                _byId.Remove(_ring[slot]);
            }

            _ring[slot] = id;
            _count++;
        }
    }

    public T? Find(RequestId id)
    {
        lock (_gate)
        {
            return _byId.GetValueOrDefault(id);
        }
    }
}
