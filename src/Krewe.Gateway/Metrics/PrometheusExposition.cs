using System.Buffers;
using System.Diagnostics.Metrics;

namespace Krewe.Gateway.Metrics;

/// <summary>
/// Collects the meters of this process and writes them as Prometheus text, version 0.0.4. A measurement costs a look-up
/// without a lock and an addition on the processor's own cell; gauges are read only when somebody scrapes. Every metric
/// has at most so many series; what comes in beyond that is booked on one series labelled
/// <c>otel_metric_overflow="true"</c>.
/// </summary>
public sealed class PrometheusExposition : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Most series of one metric.</summary>
    public const int DefaultSeriesLimit = 2_000;

    /// <summary>Most metrics.</summary>
    private const int MaxFamilies = 1_000;

    private readonly Lock _gate = new();
    private readonly Lock _scraping = new();
    private readonly SortedDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();
    private readonly string[] _meters;
    private readonly ExposedMeter[] _more;
    private readonly object? _scope;
    private readonly int _seriesLimit;

    /// <param name="meters">The names of the meters to collect.</param>
    /// <param name="scope">Where several silos share a process: only meters of this <see cref="Meter.Scope"/> (a silo's <see cref="IMeterFactory"/>), and those of none. Null = all.</param>
    /// <param name="seriesLimit">Most series of one metric.</param>
    /// <param name="more">Meters of which a part is collected.</param>
    public PrometheusExposition(IEnumerable<string> meters, object? scope = null, int seriesLimit = DefaultSeriesLimit, IEnumerable<ExposedMeter>? more = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(seriesLimit, 1);
        _meters = [.. meters];
        _more = [.. more ?? []];
        _scope = scope;
        _seriesLimit = seriesLimit;
        _listener.InstrumentPublished = OnPublished;
        _listener.MeasurementsCompleted = OnCompleted;
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => ((MetricFamily)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, state) => ((MetricFamily)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, state) => ((MetricFamily)state!).Record((double)value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => ((MetricFamily)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => ((MetricFamily)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, state) => ((MetricFamily)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, state) => ((MetricFamily)state!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>Reads every gauge and writes everything. One scrape at a time.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        lock (_scraping)
        {
            MetricFamily[] families;
            lock (_gate)
            {
                families = [.. _families.Values];
            }

            foreach (var family in families)
            {
                family.BeginScrape();
            }

            try
            {
                _listener.RecordObservableInstruments();
            }
            catch (AggregateException)
            {
                // Gauges that cannot be read are missing from this scrape; the others were read.
            }

            var text = new PrometheusText(output);
            foreach (var family in families)
            {
                family.Write(text);
            }
        }
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>The series of a counter or histogram as they stand; none where it has not been met. Gauges are as of the last scrape.</summary>
    /// <param name="metric">As written.</param>
    internal IReadOnlyList<Series> Find(string metric)
    {
        MetricFamily? family;
        lock (_gate)
        {
            family = _families.GetValueOrDefault(metric);
        }

        return family?.All() ?? [];
    }

    private void OnPublished(Instrument instrument, MeterListener listener)
    {
        if (!IsShown(instrument)
            || (_scope is not null && instrument.Meter.Scope is { } scope && !ReferenceEquals(scope, _scope)))
        {
            return;
        }

        var made = MetricFamily.Of(instrument, _seriesLimit);
        lock (_gate)
        {
            if (!_families.TryGetValue(made.Name, out var family) && _families.Count < MaxFamilies)
            {
                _families.Add(made.Name, family = made);
            }

            // Another kind under the same name cannot be written beside it.
            if (family is null || family.GetType() != made.GetType() || family.Type != made.Type)
            {
                return;
            }

            family.Instruments++;
            made = family;
        }

        listener.EnableMeasurementEvents(instrument, made);
    }

    private bool IsShown(Instrument instrument) =>
        Array.Exists(_meters, name => name == instrument.Meter.Name)
        || Array.Exists(_more, meter => meter.Name == instrument.Meter.Name && meter.Instruments.Contains(instrument.Name));

    private void OnCompleted(Instrument instrument, object? state)
    {
        lock (_gate)
        {
            if (state is MetricFamily family && --family.Instruments == 0)
            {
                _families.Remove(family.Name);
            }
        }
    }
}
