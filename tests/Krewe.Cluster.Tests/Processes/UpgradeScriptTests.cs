using System.Globalization;
using Krewe.Testing;
using Krewe.Testing.Processes;

namespace Krewe.Cluster.Tests.Processes;

/// <summary><c>deploy/upgrade</c> over three real silos, started and stopped by commands as an operator gives them.</summary>
public sealed class UpgradeScriptTests(SupervisedSilos silos) : IClassFixture<SupervisedSilos>
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Silos_are_replaced_one_at_a_time_and_requests_go_on()
    {
        await silos.MakeWholeAsync();
        var before = SupervisedSilos.Names.ToDictionary(name => name, silos.ProcessOf);
        var load = new SteadyLoad(silos.ChatAsync, each: 2);
        await Eventually.TrueAsync(() => load.Chats.Count > 20, TimeSpan.FromSeconds(60), "chats");

        await using var upgrade = silos.Upgrade("--install", $"echo {{name}} >> {silos.Journal}", "--check", $"echo checked {{name}} >> {silos.Journal}");
        Assert.True(await upgrade.ExitAsync(Limit) == 0, upgrade.Output);

        await load.EndAsync();
        Assert.Contains("All 3 silos are upgraded.", upgrade.Output, StringComparison.Ordinal);
        Assert.Equal(["s1", "checked s1", "s2", "checked s2", "s3", "checked s3"], await File.ReadAllLinesAsync(silos.Journal));
        Assert.All(SupervisedSilos.Names, name => Assert.NotEqual(before[name], silos.ProcessOf(name)));
        Assert.Equal(3, await silos.ReadyAsync());
        Assert.DoesNotContain(load.Chats, chat => chat.Wrong is not null);
    }

    [Fact]
    public async Task It_stops_at_a_silo_that_does_not_become_ready_and_leaves_the_others_alone()
    {
        await silos.MakeWholeAsync();
        var before = SupervisedSilos.Names.ToDictionary(name => name, silos.ProcessOf);
        await silos.BreakAsync("s2");

        await using var upgrade = silos.Upgrade("--ready-within", "30");
        Assert.Equal(1, await upgrade.ExitAsync(Limit));

        Assert.Contains("s2 is not ready within 30 s", upgrade.Output, StringComparison.Ordinal);
        Assert.Contains("upgraded: s1; being upgraded: s2; not touched: s3", upgrade.Output, StringComparison.Ordinal);
        Assert.NotEqual(before["s1"], silos.ProcessOf("s1"));
        Assert.Equal(before["s3"], silos.ProcessOf("s3"));
        Assert.Equal(2, await silos.ReadyAsync());
        Assert.Null(await silos.ChatAsync());

        // It touches nothing while the cluster is not whole.
        await using var again = silos.Upgrade();
        Assert.Equal(1, await again.ExitAsync(Limit));
        Assert.Contains("the cluster is not whole, nothing was changed: s2 is not ready", again.Output, StringComparison.Ordinal);
        Assert.Equal(before["s3"], silos.ProcessOf("s3"));
    }

    [Theory]
    [InlineData("name all silos of the cluster", "s1=http://127.0.0.1:1")]
    [InlineData("a name is given twice", "s1=http://127.0.0.1:1", "s1=http://127.0.0.1:2")]
    [InlineData("--stop needs --start", "--stop", "true", "s1=http://127.0.0.1:1", "s2=http://127.0.0.1:2")]
    [InlineData("'soon' is no number of seconds", "--hold", "soon", "s1=http://127.0.0.1:1", "s2=http://127.0.0.1:2")]
    [InlineData("'s1' is no NAME=CONTROL_URL", "s1")]
    [InlineData("unknown option --now", "--now")]
    public async Task A_wrong_option_is_named(string named, params string[] arguments)
    {
        await using var upgrade = ChildProcess.Start(SupervisedSilos.Script, arguments);

        Assert.Equal(2, await upgrade.ExitAsync(Limit));
        Assert.Contains(named, upgrade.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_that_is_not_there_is_not_touched()
    {
        var touched = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"krewe-upgrade-{Environment.ProcessId}"));

        await using var upgrade = ChildProcess.Start(
            SupervisedSilos.Script, ["--stop", $"touch {touched}", "--start", $"touch {touched}", "s1=http://127.0.0.1:1", "s2=http://127.0.0.1:1"]);

        Assert.Equal(1, await upgrade.ExitAsync(Limit));
        Assert.False(File.Exists(touched));
    }
}
