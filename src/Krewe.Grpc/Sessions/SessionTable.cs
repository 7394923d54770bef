using System.Collections.Concurrent;
using Krewe.Core.Identity;

namespace Krewe.Grpc.Sessions;

/// <summary>The newest session of each life on this silo: the end of an older one tells nothing of the engine.</summary>
internal sealed class SessionTable
{
    private readonly ConcurrentDictionary<(InstanceId Id, IncarnationId Incarnation), long> _newest = new();
    private long _last;

    public long Begin(InstanceId id, IncarnationId incarnation)
    {
        var number = Interlocked.Increment(ref _last);
        _newest[(id, incarnation)] = number;
        return number;
    }

    /// <summary>False where another session has taken its place.</summary>
    public bool End(InstanceId id, IncarnationId incarnation, long number) => _newest.TryRemove(KeyValuePair.Create((id, incarnation), number));
}
