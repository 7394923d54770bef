using System.Text.Json;

namespace Krewe.Bench.Drill;

/// <summary>All scenarios of one call.</summary>
internal sealed record DrillReport(bool Pass, string Host, IReadOnlyList<ScenarioResult> Scenarios)
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { WriteIndented = true };
}
