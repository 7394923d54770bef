using System.Collections.Concurrent;
using Krewe.Core.Identity;

namespace Krewe.Gateway.Serving;

/// <summary>The calls that are being served, by id. Safe for use from several threads.</summary>
internal sealed class RunningCalls
{
    private readonly ConcurrentDictionary<RequestId, InferenceCall> _calls = new();

    public void Add(InferenceCall call) => _calls[call.Id] = call;

    public void Remove(InferenceCall call) => _calls.TryRemove(new KeyValuePair<RequestId, InferenceCall>(call.Id, call));

    /// <summary>Ends a call on behalf of its client. False where there is none, or it is somebody else's.</summary>
    public bool TryCancel(RequestId id, TenantId tenant) =>
        _calls.TryGetValue(id, out var call) && call.Tenant == tenant && call.TryCancel();
}
