using System.Buffers;
using Krewe.Core.Identity;
using Krewe.Core.Requests;

namespace Krewe.Fleet.Journal;

/// <summary>
/// The last ended requests of this silo, bounded in number and bytes; the oldest goes first. They are kept as bytes in
/// one block, not as objects: ten thousand of them that live for a second or more would be what every garbage collection
/// copies, and its pauses were most of the latency that a silo added at its p99.
/// </summary>
public sealed class RequestLog
{
    public const int DefaultCapacity = 10_000;

    /// <summary>Most bytes: 64 MiB, some 6 KiB a request, where one with one attempt takes about 300.</summary>
    public const int MaxBytes = 64 << 20;

    private const int FirstBytes = 1 << 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<RequestId, int> _slots;
    private readonly Entry[] _entries;
    private readonly int _maxBytes;
    private readonly ArrayBufferWriter<byte> _scratch = new(1024);
    private byte[] _bytes;
    private int _first;
    private int _count;
    private int _end;

    /// <param name="capacity">Most requests.</param>
    /// <param name="maxBytes">Most bytes of them.</param>
    public RequestLog(int capacity = DefaultCapacity, int maxBytes = MaxBytes)
    {
        _entries = new Entry[capacity];
        _slots = new Dictionary<RequestId, int>(capacity);
        _maxBytes = maxBytes;
        _bytes = new byte[Math.Min(FirstBytes, maxBytes)];
    }

    /// <summary>Keeps an ended request. The first word on a request counts.</summary>
    public void Add(RequestDescription request)
    {
        ArgumentNullException.ThrowIfNull(request);
        lock (_gate)
        {
            if (_slots.ContainsKey(request.Id))
            {
                return;
            }

            _scratch.ResetWrittenCount();
            DescriptionFormat.Write(_scratch, request);
            var bytes = _scratch.WrittenSpan;
            if (bytes.Length > _maxBytes)
            {
                return;
            }

            if (_count == _entries.Length)
            {
                DropOldest();
            }

            var at = TakeRoom(bytes.Length);
            bytes.CopyTo(_bytes.AsSpan(at));
            var slot = (_first + _count) % _entries.Length;
            _entries[slot] = new Entry(request.Id, at, bytes.Length);
            _slots.Add(request.Id, slot);
            _count++;
            _end = at + bytes.Length;
        }
    }

    /// <summary>Null where it is not known, or not any more.</summary>
    public RequestDescription? Find(RequestId id)
    {
        byte[] bytes;
        lock (_gate)
        {
            if (!_slots.TryGetValue(id, out var slot))
            {
                return null;
            }

            var entry = _entries[slot];
            bytes = _bytes.AsSpan(entry.Offset, entry.Length).ToArray();
        }

        return DescriptionFormat.Read(bytes);
    }

    /// <summary>Where so many bytes fit in one piece; older requests make way where the block may not grow any more.</summary>
    private int TakeRoom(int length)
    {
        while (true)
        {
            var start = _count == 0 ? 0 : _entries[_first].Offset;
            if (_count == 0)
            {
                _end = 0;
            }

            // What is kept lies in one piece, or in two: up to the end of the block, and from its beginning.
            var inOnePiece = _count == 0 || _end > start;
            var limit = inOnePiece ? _bytes.Length : start;
            if (length <= limit - _end)
            {
                return _end;
            }

            if (inOnePiece && length <= start)
            {
                return 0;
            }

            if (_bytes.Length < _maxBytes)
            {
                Grow();
            }
            else
            {
                DropOldest();
            }
        }
    }

    private void Grow()
    {
        var larger = new byte[(int)Math.Min(_bytes.Length * 2L, _maxBytes)];
        var end = 0;
        for (var i = 0; i < _count; i++)
        {
            ref var entry = ref _entries[(_first + i) % _entries.Length];
            _bytes.AsSpan(entry.Offset, entry.Length).CopyTo(larger.AsSpan(end));
            entry = entry with { Offset = end };
            end += entry.Length;
        }

        (_bytes, _end) = (larger, end);
    }

    private void DropOldest()
    {
        _slots.Remove(_entries[_first].Id);
        _first = (_first + 1) % _entries.Length;
        _count--;
    }

    private readonly record struct Entry(RequestId Id, int Offset, int Length);
}
