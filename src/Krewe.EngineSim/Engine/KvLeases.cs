using System.Diagnostics.CodeAnalysis;
using Krewe.Core.Time;

namespace Krewe.EngineSim.Engine;

/// <summary>The KV that a prefill instance holds for decode instances. Every lease ends: read, released, or expired.</summary>
/// <param name="pool">Where the blocks go back to.</param>
/// <param name="period">How long a lease lasts, and once more for one that is being read.</param>
internal sealed class KvLeases(BlockPool pool, TimeSpan period)
{
    private readonly Dictionary<string, KvLease> _byRequest = new(StringComparer.Ordinal);

    /// <summary>In the order of their expiry; those already gone are skipped.</summary>
    private readonly Queue<KvLease> _byExpiry = [];

    public int Count => _byRequest.Count;

    public int Blocks { get; private set; }

    public void Hold(KvLease lease)
    {
        // An id used twice: the later prefill is the one that its answer names.
        Release(lease.RequestId);
        _byRequest.Add(lease.RequestId, lease);
        _byExpiry.Enqueue(lease);
        Blocks += lease.Blocks.Count;
    }

    /// <summary>Takes a lease for reading.</summary>
    public KvPullResult Claim(string requestId, ReadOnlySpan<int> blockIds, string reader, out int tokens)
    {
        tokens = 0;
        if (!_byRequest.TryGetValue(requestId, out var lease))
        {
            return KvPullResult.UnknownRequest;
        }

        if (!blockIds.SequenceEqual(lease.BlockIds))
        {
            return KvPullResult.UnknownBlocks;
        }

        if (lease.Reader is not null)
        {
            return KvPullResult.Busy;
        }

        lease.Reader = reader;
        tokens = lease.Tokens;
        return KvPullResult.Ok;
    }

    /// <summary>Ends a lease. True where it was there and, if a reader is named, was read by it.</summary>
    public bool Release(string requestId, string? reader = null)
    {
        if (!_byRequest.TryGetValue(requestId, out var lease) || (reader is not null && lease.Reader != reader))
        {
            return false;
        }

        _byRequest.Remove(requestId);
        Blocks -= lease.Blocks.Count;
        pool.Drop(lease.Blocks);
        return true;
    }

    public void ReleaseAll()
    {
        foreach (var requestId in _byRequest.Keys.ToArray())
        {
            Release(requestId);
        }

        _byExpiry.Clear();
    }

    public void Expire(Monotonic now)
    {
        while (TryNext(out var lease) && lease.ExpiresAt <= now)
        {
            _byExpiry.Dequeue();
            if (lease.Reader is not null && !lease.IsExtended)
            {
                // The order holds: nothing expires later than what is held, or extended, now.
                lease.Extend(now + period);
                _byExpiry.Enqueue(lease);
                continue;
            }

            // Its reader may have died with it in hand, and then nobody releases it.
            Release(lease.RequestId);
        }
    }

    public Monotonic? NextExpiry() => TryNext(out var lease) ? lease.ExpiresAt : null;

    private bool TryNext([NotNullWhen(true)] out KvLease? lease)
    {
        while (_byExpiry.TryPeek(out lease))
        {
            if (_byRequest.TryGetValue(lease.RequestId, out var held) && ReferenceEquals(held, lease))
            {
                return true;
            }

            _byExpiry.Dequeue();
        }

        return false;
    }
}
