using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Krewe.Core.Identity;
using Krewe.Core.Resume;
using Krewe.Gateway.Client;

namespace Krewe.Gateway.Resume;

/// <summary>The streams that this silo holds for clients that may come back. Safe for use from several threads.</summary>
internal sealed class HeldStreams(ClientPortOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<RequestId, HeldStream> _streams = new();
    private readonly ConcurrentQueue<HeldStream> _ended = new();

    public TimeProvider Time => time;

    /// <summary>The memory of all of them.</summary>
    public HoldBudget Budget { get; } = new(options.MaxResumeBytesTotal);

    /// <summary>Streams that are held.</summary>
    public int Count => _streams.Count;

    /// <summary>Holds a stream from its beginning on; false where there is no room for another, or the client is not to come back.</summary>
    /// <param name="id">Its request.</param>
    /// <param name="tenant">Whose it is.</param>
    /// <param name="asked">How long the client asks it to wait; what is granted is <see cref="HeldStream.Keep"/>.</param>
    /// <param name="stream">The stream.</param>
    public bool TryOpen(RequestId id, TenantId tenant, TimeSpan asked, [NotNullWhen(true)] out HeldStream? stream)
    {
        stream = null;
        var keep = asked < options.MaxResume ? asked : options.MaxResume;
        if (keep <= TimeSpan.Zero || !TryTake(HeldStream.Overhead, null))
        {
            return false;
        }

        stream = new HeldStream(this, id, tenant, keep, options.MaxResumeBytes);
        _streams[id] = stream;
        return true;
    }

    /// <summary>Null where it is not held, or is somebody else's.</summary>
    public HeldStream? Find(RequestId id, TenantId tenant) =>
        _streams.TryGetValue(id, out var stream) && stream.Tenant == tenant ? stream : null;

    /// <summary>Takes memory, for which streams that have ended make way, the oldest first. False where there is none.</summary>
    public bool TryTake(long bytes, HeldStream? asker)
    {
        while (!Budget.TryTake(bytes))
        {
            // One that is still read cannot go now; it will by itself.
            if (!_ended.TryDequeue(out var oldest) || (!oldest.TryForget() && ReferenceEquals(oldest, asker)))
            {
                return false;
            }
        }

        return true;
    }

    public void OnEnded(HeldStream stream)
    {
        _ended.Enqueue(stream);

        // Those that went by themselves must not pile up here.
        while (_ended.TryPeek(out var first) && !_streams.ContainsKey(first.Id) && _ended.TryDequeue(out _))
        {
        }
    }

    public void Remove(HeldStream stream) => _streams.TryRemove(new KeyValuePair<RequestId, HeldStream>(stream.Id, stream));
}
