using System.Text.Json;
using System.Text.RegularExpressions;
using Krewe.Gateway.Metrics;
using Krewe.Testing.Processes;

namespace Krewe.Fleet.Tests.Telemetry;

/// <content>The dashboard and the alert rules ask for nothing that is not there: names, labels, and the values of labels.</content>
public sealed partial class MetricCatalogTests
{
    private const string Folder = "deploy/observability";

    /// <summary>What Prometheus adds to every series, and to a histogram's.</summary>
    private static readonly string[] Added = ["instance", "job", "le"];

    /// <summary>The alarms that operators were promised.</summary>
    private static readonly string[] Promised =
        ["KrewePoolDown", "KrewePoolDegraded", "KreweNoInstance", "KreweBlind", "KreweBypass", "KreweStoreOutage", "KreweViewAge", "KreweFailovers"];

    [Fact]
    public void Alerts_and_dashboard_name_only_metrics_labels_and_values_that_exist()
    {
        using var world = new World();
        SayEverything(world);
        var known = _published.Values.ToDictionary(
            instrument => PrometheusNames.Metric(instrument.Name, instrument.Unit, instrument.GetType().Name.StartsWith("Counter", StringComparison.Ordinal)),
            instrument => instrument);

        var alerts = Alerts();
        var queries = Dashboard();
        Assert.Equal([], alerts.Concat(queries).SelectMany(query => Wrong(query, known)).Distinct());

        Assert.True(queries.Count > 20, $"{queries.Count} queries were found.");
        Assert.Empty(Promised.Except(AlertName().Matches(Read("krewe-alerts.yaml")).Select(match => match.Groups[1].Value)));
    }

    [Fact]
    public void Every_metric_has_a_name_of_its_own_in_prometheus()
    {
        var names = _published.Values.Select(instrument => PrometheusNames.Metric(instrument.Name, instrument.Unit, instrument.GetType().Name.StartsWith("Counter", StringComparison.Ordinal))).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.All(_published.Keys, name => Assert.Matches("^(krewe|gen_ai\\.server)\\.[a-z_.]+$", name));
    }

    [Theory]
    [InlineData("sum(rate(krewe_nothing_total[1m]))", "krewe_nothing_total")]
    [InlineData("sum by (colour) (krewe_silos)", "colour")]
    [InlineData("krewe_pool_health{state=\"Down\"}", "state")]
    [InlineData("krewe_pool_health{health=\"Dwon\"}", "Dwon")]
    [InlineData("krewe_silos_bucket", "krewe_silos_bucket")]
    public void The_check_finds_what_does_not_exist(string query, string wrong)
    {
        using var world = new World();
        SayEverything(world);
        var known = _published.Values.ToDictionary(instrument => PrometheusNames.Metric(instrument.Name, instrument.Unit, instrument.GetType().Name.StartsWith("Counter", StringComparison.Ordinal)));
        Assert.Contains(Wrong(query, known), found => found.Contains(wrong, StringComparison.Ordinal));
    }

    private IEnumerable<string> Wrong(string query, Dictionary<string, System.Diagnostics.Metrics.Instrument> known)
    {
        var labels = new HashSet<string>(Added);
        var grouped = Grouping().Matches(query).SelectMany(match => match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).ToList();
        foreach (Match use in Metric().Matches(Grouping().Replace(query, " ")))
        {
            var name = use.Groups[1].Value;
            var family = known.ContainsKey(name) ? name : HistogramSuffix().Replace(name, "");
            if (!known.TryGetValue(family, out var instrument) || (family != name) != instrument.GetType().Name.StartsWith("Histogram", StringComparison.Ordinal))
            {
                yield return $"{name} is no series that there is, in: {query}";
                continue;
            }

            var own = _series[instrument.Name].SelectMany(series => series.Keys).Distinct().ToDictionary(PrometheusNames.Label);
            labels.UnionWith(own.Keys);
            foreach (Match matcher in Matcher().Matches(use.Groups[2].Value))
            {
                var (label, value) = (matcher.Groups[1].Value, matcher.Groups[2].Value);
                if (!own.TryGetValue(label, out var tag))
                {
                    if (!Added.Contains(label))
                    {
                        yield return $"{name} has no label {label}, in: {query}";
                    }
                }
                else if (Sets.TryGetValue((instrument.Name, tag), out var set) && value.Split('|').Except(set).FirstOrDefault() is { } strange)
                {
                    yield return $"{name} has no {label} '{strange}', in: {query}";
                }
            }
        }

        foreach (var label in grouped.Where(label => !labels.Contains(label)))
        {
            yield return $"no metric has the label {label}, in: {query}";
        }
    }

    private static List<string> Alerts()
    {
        var text = Read("krewe-alerts.yaml");
        var found = Expression().Matches(text).Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(AlertName().Count(text), found.Count);
        return found;
    }

    private static List<string> Dashboard()
    {
        using var json = JsonDocument.Parse(Read("krewe-dashboard.json"));
        var found = new List<string>();
        Walk(json.RootElement);
        return found;

        void Walk(JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in element.EnumerateArray())
                {
                    Walk(item);
                }
            }
            else if (element.ValueKind == JsonValueKind.Object)
            {
                foreach (var field in element.EnumerateObject())
                {
                    if (field.Value.ValueKind == JsonValueKind.String && (field.NameEquals("expr") || (field.NameEquals("query") && field.Value.GetString()!.Contains('('))))
                    {
                        found.Add(field.Value.GetString()!);
                    }

                    Walk(field.Value);
                }
            }
        }
    }

    private static string Read(string file) => File.ReadAllText(Path.Combine(BuildOutput.Root, Folder, file));

    [GeneratedRegex(@"^\s+expr: (.+)$", RegexOptions.Multiline)]
    private static partial Regex Expression();

    [GeneratedRegex(@"^\s+- alert: (\w+)$", RegexOptions.Multiline)]
    private static partial Regex AlertName();

    [GeneratedRegex(@"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\b((?:krewe|gen_ai)_[a-z0-9_]+)(?:\{([^}]*)\})?")]
    private static partial Regex Metric();

    [GeneratedRegex(@"(\w+)\s*(?:=~|!~|!=|=)\s*""((?:[^""\\]|\\.)*)""")]
    private static partial Regex Matcher();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex HistogramSuffix();
}
