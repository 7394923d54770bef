using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Krewe.Gateway.Tests.Client;

/// <summary>The counters of one silo, by name and labels but the pool: <c>krewe.continuations{outcome=continued,reason=none}</c>.</summary>
internal sealed class Counters : IMeterFactory
{
    private readonly ConcurrentDictionary<string, long> _counts = new();
    private readonly List<Meter> _meters = [];
    private readonly MeterListener _listener;

    public Counters()
    {
        _listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (_meters.Contains(instrument.Meter) && instrument is Counter<long>)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        _listener.SetMeasurementEventCallback<long>((instrument, measurement, tags, _) =>
        {
            var labels = string.Join(',', tags.ToArray().Where(tag => tag.Key != "pool").Select(tag => $"{tag.Key}={tag.Value}"));
            _counts.AddOrUpdate($"{instrument.Name}{{{labels}}}", measurement, (_, before) => before + measurement);
        });
        _listener.Start();
    }

    /// <summary>All series of a name, with their counts, as <c>{outcome=continued,reason=none} 1</c>.</summary>
    public IEnumerable<string> Of(string name) => _counts
        .Where(entry => entry.Key.StartsWith(name + "{", StringComparison.Ordinal))
        .Select(entry => $"{entry.Key[name.Length..]} {entry.Value}")
        .Order(StringComparer.Ordinal);

    public Meter Create(MeterOptions options)
    {
        // Without a scope, every other silo of this process would show it as its own.
        options.Scope = this;
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meters.ForEach(meter => meter.Dispose());
    }
}
