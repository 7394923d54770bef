using Krewe.Bench.Drill.Load;
using Krewe.Bench.Drill.Rig;

namespace Krewe.Bench.Drill.Cluster.Rig;

/// <summary>What a drill of a cluster starts.</summary>
internal sealed record ClusterLayout
{
    public int Silos { get; init; } = 3;

    /// <summary>Their agents register them.</summary>
    public IReadOnlyList<EngineSpec> Registered { get; init; } =
    [
        new("p1", "prefill", DrillLayout.Split), new("p2", "prefill", DrillLayout.Split), new("d1", "decode", DrillLayout.Split), new("d2", "decode", DrillLayout.Split),
    ];

    /// <summary>The pools' configuration names them, and silos poll them.</summary>
    public IReadOnlyList<EngineSpec> Declared { get; init; } = [new("m1", "mixed", DrillLayout.Mixed), new("m2", "mixed", DrillLayout.Mixed)];

    public LoadShape Load { get; init; } = new();

    /// <summary>Whether each silo has a network namespace of its own.</summary>
    public bool IsNetworked { get; init; }

    /// <summary>Whether Redis keeps its data over a restart.</summary>
    public bool RedisKeeps { get; init; } = true;

    /// <summary>Whether the silos that start with the drill are of the release before.</summary>
    public bool StartsWithPrevious { get; init; }

    /// <summary>Further environment of the silos.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}
