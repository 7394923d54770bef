using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;

namespace Krewe.Gateway.Tests.Safety;

/// <summary>Keeps everything that this process says of itself while it lives: labels of every meter, activities of every source, events of the HTTP stacks.</summary>
internal sealed class CapturedTelemetry : IDisposable
{
    private readonly ConcurrentDictionary<string, byte> _said = new();
    private readonly MeterListener _meters;
    private readonly ActivityListener _activities;
    private readonly Events _events;

    public CapturedTelemetry()
    {
        _meters = new MeterListener { InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument) };
        _meters.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Take(instrument, tags));
        _meters.SetMeasurementEventCallback<int>((instrument, _, tags, _) => Take(instrument, tags));
        _meters.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Take(instrument, tags));
        _meters.Start();
        _activities = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => Say(string.Join(' ', [
                activity.DisplayName,
                activity.StatusDescription,
                .. activity.TagObjects.Select(tag => $"{tag.Key}={tag.Value}"),
                .. activity.Baggage.Select(item => $"{item.Key}={item.Value}"),
                .. activity.Events.SelectMany(one => one.Tags.Select(tag => $"{one.Name} {tag.Key}={tag.Value}")),
            ])),
        };
        ActivitySource.AddActivityListener(_activities);
        _events = new Events(Say);
    }

    public ICollection<string> Said
    {
        get
        {
            _meters.RecordObservableInstruments();
            return _said.Keys;
        }
    }

    public void Dispose()
    {
        _events.Dispose();
        _activities.Dispose();
        _meters.Dispose();
    }

    private void Say(string text) => _said[text] = 0;

    private void Take(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        Say($"{instrument.Name} {string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))}");

    private sealed class Events(Action<string> say) : EventListener
    {
        private static readonly HashSet<string> Sources =
            ["Microsoft-AspNetCore-Server-Kestrel", "Microsoft.AspNetCore.Hosting", "System.Net.Http", "System.Net.Sockets", "System.Net.NameResolution", "System.Net.Security"];

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (Sources.Contains(eventSource.Name))
            {
                EnableEvents(eventSource, EventLevel.Verbose, EventKeywords.All);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData) =>
            say?.Invoke($"{eventData.EventSource.Name} {eventData.EventName} {string.Join(' ', eventData.Payload ?? (IEnumerable<object?>)[])}");
    }
}
