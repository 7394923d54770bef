using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;
using Krewe.Fleet.Instances;

namespace Krewe.Fleet.Storage;

/// <summary>
/// What a value means here that only a later release knows: two releases share one cluster and one store, during an upgrade
/// and after one that was taken back. Nothing is worse than a record or a message that cannot be read at all.
/// </summary>
public static class LaterRelease
{
    // What promises least: not known to live, no new work, nothing that needs a protocol's own ways, no stream that goes on.
    private static readonly Dictionary<Type, object> Meanings = new()
    {
        [typeof(Liveness)] = Liveness.LeaseLost,
        [typeof(AdminState)] = AdminState.Cordoned,
        [typeof(BreakerState)] = BreakerState.Open,
        [typeof(EngineProtocol)] = EngineProtocol.OpenAI,
        [typeof(InstanceRole)] = InstanceRole.Mixed,
        [typeof(FailureMode)] = FailureMode.Resilient,
        [typeof(ContinuationMode)] = ContinuationMode.Off,
        [typeof(Hearing)] = Hearing.Gone,
        [typeof(BindOutcome)] = BindOutcome.NotSchedulable,
        [typeof(InstanceVerdict)] = InstanceVerdict.Ignored,
    };

    /// <summary>Whether it is said what an unknown value of this enum means. Of the others, which only tell something to people, it is the first value, or none where there may be none.</summary>
    public static bool IsDecidedFor(Type type) => Meanings.ContainsKey(type);

    /// <summary>The value itself where this release knows it.</summary>
    public static T Known<T>(T value)
        where T : struct, Enum => Enum.IsDefined(value) ? value : Meaning<T>();

    internal static T Meaning<T>()
        where T : struct, Enum => Meanings.TryGetValue(typeof(T), out var meaning) ? (T)meaning : default;
}
