namespace Krewe.Gateway.Metrics;

/// <summary>Histograms with fixed buckets.</summary>
internal sealed class HistogramFamily : MetricFamily
{
    private readonly SeriesTable<HistogramSeries> _series;
    private readonly string[] _les;

    public HistogramFamily(string name, string help, double[] bounds, int limit)
        : base(name, help, "histogram")
    {
        _series = new(limit, labels => new HistogramSeries(labels, bounds), isHistogram: true);
        _les = [.. bounds.Append(double.PositiveInfinity).Select(bound => $"le=\"{PrometheusText.Number(bound)}\"")];
    }

    public override void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => _series.Find(tags).Record(value);

    public override IReadOnlyList<Series> All() => _series.All();

    public override void Write(PrometheusText text)
    {
        text.Head(Name, Help, Type);
        foreach (var series in _series.All())
        {
            var counts = series.Cumulative();
            for (var i = 0; i < counts.Length; i++)
            {
                text.Sample(Name, "_bucket", series.Labels, _les[i], counts[i]);
            }

            text.Sample(Name, "_sum", series.Labels, "", series.Sum);
            text.Sample(Name, "_count", series.Labels, "", counts[^1]);
        }
    }
}
