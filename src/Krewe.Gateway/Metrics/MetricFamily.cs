using System.Diagnostics.Metrics;

namespace Krewe.Gateway.Metrics;

/// <summary>One instrument with its series. Two instruments of one name and kind share it.</summary>
internal abstract class MetricFamily(string name, string help, string type)
{
    public string Name => name;

    public string Type => type;

    /// <summary>Instruments that feed it; under the exposition's lock.</summary>
    public int Instruments { get; set; }

    protected string Help => help;

    /// <summary>The family of an instrument, by its kind.</summary>
    public static MetricFamily Of(Instrument instrument, int limit)
    {
        var kind = instrument.GetType();
        var definition = kind.IsGenericType ? kind.GetGenericTypeDefinition() : kind;
        var isCounter = definition == typeof(Counter<>) || definition == typeof(ObservableCounter<>);
        var name = PrometheusNames.Metric(instrument.Name, instrument.Unit, isCounter);
        var help = instrument.Description ?? "";
        if (definition == typeof(Histogram<>))
        {
            return new HistogramFamily(name, help, HistogramBuckets.Of(instrument), limit);
        }

        if (instrument.IsObservable || definition == typeof(Gauge<>))
        {
            return new GaugeFamily(name, help, isCounter, instrument.IsObservable, limit);
        }

        return new SumFamily(name, help, isCounter, limit);
    }

    /// <summary>Takes a measurement. Many threads at once; never waits.</summary>
    public abstract void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags);

    /// <summary>Forgets what was observed last time, where values are read at each scrape.</summary>
    public virtual void BeginScrape()
    {
    }

    /// <summary>Every series, in the order of their first measurements.</summary>
    public abstract IReadOnlyList<Series> All();

    public abstract void Write(PrometheusText text);
}
