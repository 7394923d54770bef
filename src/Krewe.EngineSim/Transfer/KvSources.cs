using System.Collections.Concurrent;
using System.Net;

namespace Krewe.EngineSim.Transfer;

/// <summary>The prefill sides that live in this process, so that engines of one process need no HTTP between them.</summary>
internal sealed class KvSources
{
    private readonly ConcurrentDictionary<string, KvSource> _byEngine = new(StringComparer.Ordinal);

    public static KvSources OfThisProcess { get; } = new();

    public void Add(KvSource source) => _byEngine[source.EngineId] = source;

    public void Remove(string engineId) => _byEngine.TryRemove(engineId, out _);

    /// <summary>The source, if the address that was told for it leads to this process; a wrong address must fail as between machines.</summary>
    public KvSource? Find(KvReference kv) =>
        _byEngine.TryGetValue(kv.EngineId, out var source) && source.Port == kv.Port && IsLoopback(kv.Host) ? source : null;

    private static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
