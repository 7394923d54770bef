using System.Collections.Frozen;
using Krewe.Core.Protocols;

namespace Krewe.Engines.Protocols;

/// <summary>The protocols of this build. A new one is added here, and in <see cref="EngineProtocolFacts"/>.</summary>
public static class EngineProtocols
{
    private static readonly FrozenDictionary<EngineProtocol, IEngineProtocol> All =
        new IEngineProtocol[] { new OpenAIProtocol(), new VllmProtocol() }.ToFrozenDictionary(protocol => protocol.Kind);

    public static bool IsKnown(EngineProtocol kind) => All.ContainsKey(kind);

    /// <summary>Throws <see cref="NotSupportedException"/> for a family that this build does not speak; registration refuses those.</summary>
    public static IEngineProtocol Get(EngineProtocol kind) =>
        All.TryGetValue(kind, out var protocol) ? protocol : throw new NotSupportedException($"The engine protocol '{kind.WireName()}' is not supported.");
}
