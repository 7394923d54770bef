using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Krewe.Fleet.Tests;

/// <summary>The counters of one silo, by name and labels but the pool: <c>krewe.retries{kind=retry,cause=engine_error}</c>.</summary>
internal sealed class Counters : IDisposable
{
    private readonly ConcurrentDictionary<string, long> _counts = new();
    private readonly MeterListener _listener;

    public Counters(Meter meter)
    {
        _listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == meter && instrument is Counter<long>)
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

    /// <summary>What was counted under this name and these labels.</summary>
    public long this[string series] => _counts.GetValueOrDefault(series);

    /// <summary>All series of a name, with their counts.</summary>
    public IEnumerable<string> Of(string name) => _counts
        .Where(entry => entry.Key.StartsWith(name + "{", StringComparison.Ordinal))
        .Select(entry => $"{entry.Key[name.Length..]} {entry.Value}")
        .Order(StringComparer.Ordinal);

    public void Dispose() => _listener.Dispose();
}
