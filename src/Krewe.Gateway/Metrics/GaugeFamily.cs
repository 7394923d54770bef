namespace Krewe.Gateway.Metrics;

/// <summary>Values that are told as they are: gauges, and everything that is read when somebody looks.</summary>
internal sealed class GaugeFamily(string name, string help, bool isCounter, bool isObserved, int limit) : MetricFamily(name, help, isCounter ? "counter" : "gauge")
{
    private readonly SeriesTable<GaugeSeries> _series = new(limit, labels => new GaugeSeries(labels), isHistogram: false);

    public override void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => _series.Find(tags).Record(value);

    public override void BeginScrape()
    {
        if (isObserved)
        {
            // What is not observed any more is not there any more.
            _series.Clear();
        }
    }

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
