using System.Text.Json;
using Krewe.Bench.Drill;

namespace Krewe.EndToEnd.Tests.Drill.Cluster;

public sealed class DrillReportTests
{
    private static readonly ScenarioResult Passed = ScenarioResult.NotRun("one", "") with { Pass = true, Verified = true, Why = [] };

    [Fact]
    public void What_could_not_be_run_is_told_as_skipped_and_has_not_passed()
    {
        var skipped = ScenarioResult.NotRunnable("two", "there is no network");
        Assert.False(skipped.Pass);
        Assert.False(skipped.Verified);
        Assert.Equal("there is no network", skipped.Skipped);
        Assert.Contains("\"skipped\": \"there is no network\"", JsonSerializer.Serialize(DrillReport.Of("orleans", [Passed, skipped]), DrillReport.Json), StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_passes_where_something_passed_and_nothing_failed()
    {
        var skipped = ScenarioResult.NotRunnable("two", "");
        Assert.True(DrillReport.Of("orleans", [Passed, skipped]).Pass);
        Assert.False(DrillReport.Of("orleans", [skipped]).Pass);
        Assert.False(DrillReport.Of("orleans", [Passed, ScenarioResult.NotRun("three", "")]).Pass);
    }
}
