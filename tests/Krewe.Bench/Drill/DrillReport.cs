using System.Text.Json;

namespace Krewe.Bench.Drill;

/// <summary>All scenarios of one call.</summary>
internal sealed record DrillReport(bool Pass, string Host, IReadOnlyList<ScenarioResult> Scenarios)
{
    /// <summary>Whether no scenario failed and at least one was run.</summary>
    public static DrillReport Of(string host, IReadOnlyList<ScenarioResult> scenarios) =>
        new(scenarios.Any(one => one.Pass) && scenarios.All(one => one.Pass || one.Skipped is not null), host, scenarios);

    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { WriteIndented = true };
}
