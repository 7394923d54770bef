namespace Krewe.Gateway.Metrics;

/// <summary>Counters and up-down counters.</summary>
internal sealed class SumFamily(string name, string help, bool isCounter, int limit) : MetricFamily(name, help, isCounter ? "counter" : "gauge")
{
    private readonly SeriesTable<SumSeries> _series = new(limit, labels => new SumSeries(labels, isCounter), isHistogram: false);

    public override void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => _series.Find(tags).Record(value);

    public override IReadOnlyList<Series> All() => _series.All();

    public override void Write(PrometheusText text)
    {
        text.Head(Name, Help, Type);
        foreach (var series in _series.All())
        {
            text.Sample(Name, "", series.Labels, "", series.Value);
        }
    }
}
