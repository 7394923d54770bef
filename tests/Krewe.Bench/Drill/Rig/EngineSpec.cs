namespace Krewe.Bench.Drill.Rig;

/// <summary>An engine of a drill.</summary>
/// <param name="Name">Unique in the drill.</param>
/// <param name="Role">prefill, decode or mixed.</param>
/// <param name="Pool">Its pool, and the model of that pool.</param>
internal sealed record EngineSpec(string Name, string Role, string Pool)
{
    /// <summary>The simulator's options of time. Default: 100 ms to prefill, a token each 25 ms.</summary>
    public IReadOnlyList<string> Pace { get; init; } = ["--fixed-ttft-ms", "100", "--step-ms", "25", "--step-ms-per-running", "0"];

    /// <summary>Further options of the engine simulator.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    public bool IsPrefill => Role == "prefill";
}
