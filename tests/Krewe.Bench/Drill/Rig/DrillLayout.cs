using Krewe.Bench.Drill.Load;

namespace Krewe.Bench.Drill.Rig;

/// <summary>Which engines a drill has, and which pools the load goes to.</summary>
internal sealed record DrillLayout
{
    /// <summary>Two prefill and two decode instances.</summary>
    public const string Split = "split";

    /// <summary>Two instances that do both.</summary>
    public const string Mixed = "mixed";

    /// <summary>Both kinds of pool at once: one of each role may fail in each, and the other is left.</summary>
    public static DrillLayout Standard { get; } = new()
    {
        Engines =
        [
            new("p1", "prefill", Split), new("p2", "prefill", Split), new("d1", "decode", Split), new("d2", "decode", Split),
            new("m1", "mixed", Mixed), new("m2", "mixed", Mixed),
        ],
    };

    public required IReadOnlyList<EngineSpec> Engines { get; init; }

    public LoadShape Load { get; init; } = new();

    /// <summary>The same, with further options for one of the engines.</summary>
    public DrillLayout With(string engine, params string[] options) =>
        this with { Engines = [.. Engines.Select(one => one.Name == engine ? one with { Options = options } : one)] };
}
