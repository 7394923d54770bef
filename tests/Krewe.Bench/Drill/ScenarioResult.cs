using System.Text.Json.Serialization;
using Krewe.Bench.Drill.Verdict;

namespace Krewe.Bench.Drill;

/// <summary>One row of the result, as <c>--json</c> tells it.</summary>
internal sealed record ScenarioResult
{
    /// <summary>A scenario that could not be run at all.</summary>
    public static ScenarioResult NotRun(string name, string why) => new()
    {
        Name = name, Requests = 0, Failed = 0, Hung = 0, Lost = 0, Doubled = 0, Stale = 0, Moved = 0, InFlight = 0, Verified = false, Pass = false, Why = [why],
    };

    /// <summary>A scenario that this machine cannot run: neither passed nor failed.</summary>
    public static ScenarioResult NotRunnable(string name, string why) => NotRun(name, why) with { Skipped = why };

    public required string Name { get; init; }

    public required int Requests { get; init; }

    public required int Failed { get; init; }

    public required int Hung { get; init; }

    public required int Lost { get; init; }

    public required int Doubled { get; init; }

    public required int Stale { get; init; }

    public int Foreign { get; init; }

    public double? DetectMs { get; init; }

    public double? GapMsP99 { get; init; }

    public double? HeldMs { get; init; }

    public double? RecoverMs { get; init; }

    public double? SchedulableMs { get; init; }

    public double? OthersTtftRatio { get; init; }

    /// <summary>p99 of the time to the first token of streams sent before the first fault.</summary>
    public double? TtftMsP99Before { get; init; }

    /// <summary>The same of those sent after it.</summary>
    public double? TtftMsP99After { get; init; }

    /// <summary>Share of all processors' time, of everything on the machine, that was used while the load was steady; 0 to 1.</summary>
    public double? MachineBusy { get; init; }

    /// <summary>Attempts that the fault ended and that went on elsewhere.</summary>
    public required int Moved { get; init; }

    /// <summary>Requests under way when the fault came.</summary>
    public required int InFlight { get; init; }

    /// <summary>End of the load to every gauge at 0.</summary>
    public double? ZeroMs { get; init; }

    /// <summary>What only this scenario measures.</summary>
    public IReadOnlyDictionary<string, double> Measures { get; init; } = new Dictionary<string, double>();

    /// <summary>The fault took effect, under load.</summary>
    public required bool Verified { get; init; }

    public required bool Pass { get; init; }

    /// <summary>Why it was not run at all; null if it was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Skipped { get; init; }

    /// <summary>Broken promises, and what could not be verified.</summary>
    public required IReadOnlyList<string> Why { get; init; }

    /// <summary>Everything else of the run, for <c>--details</c>.</summary>
    [JsonIgnore]
    public DrillHistory? History { get; init; }

    [JsonIgnore]
    public string SiloOutput { get; init; } = "";
}
