using System.Text.Encodings.Web;
using System.Text.Json;
using Krewe.Core.Time;
using Krewe.Engines.Buffers;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Krewe.Fleet.View;
using Krewe.Gateway.Console.Figures;
using Krewe.Gateway.Control.Operators;
using Krewe.Gateway.Metrics;

namespace Krewe.Gateway.Console.Live;

/// <summary>
/// What the console shows, as cards that each have a number, which rises when they change. It is brought up to date when
/// somebody looks, and at most every <see cref="Fresh"/>, however many look. A reader keeps nothing but the highest number
/// that it has sent: whoever is slow gets the newest of each card, and nothing piles up for it.
/// </summary>
internal sealed class ConsoleBoard : IDisposable
{
    /// <summary>Most instances that are shown, over all pools. The pools' cards tell how many more there are.</summary>
    public const int MaxInstances = 5_000;

    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(200);

    // Longer than any reader may take for one message.
    private static readonly TimeSpan KeepRemoved = TimeSpan.FromMinutes(2);

    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _gate = new();
    private readonly FleetServices _fleet;
    private readonly ISiloDirectory _silos;
    private readonly PoolHealths _healths;
    private readonly FigureSampler _figures;
    private readonly Dictionary<(char Kind, string Pool, string Name), Card> _cards = [];
    private Monotonic _refreshedAt;
    private long _round;
    private long _version;

    public ConsoleBoard(FleetServices fleet, IActors actors, ISiloDirectory silos, PrometheusExposition metrics)
    {
        ArgumentNullException.ThrowIfNull(fleet);
        _fleet = fleet;
        _silos = silos;
        _healths = new PoolHealths(fleet, actors);
        _figures = new FigureSampler(fleet.View, metrics, fleet.Time);
    }

    public void Dispose() => _figures.Dispose();

    /// <summary>Writes the cards that have changed since, as an array of <c>{"key":…,"card":…}</c>; the card of what is gone is null.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="since">The number that the last call gave back; 0 for everything.</param>
    /// <param name="any">Whether there was any.</param>
    /// <returns>The highest number that was written.</returns>
    public long WriteChanges(Utf8JsonWriter json, long since, out bool any)
    {
        ArgumentNullException.ThrowIfNull(json);
        any = false;
        lock (_gate)
        {
            Refresh();
            json.WriteStartArray();
            foreach (var card in _cards.Values)
            {
                if (card.Version <= since || (card.Body is null && since == 0))
                {
                    continue;
                }

                any = true;
                json.WriteStartObject();
                json.WriteString("key"u8, card.Key);
                json.WritePropertyName("card"u8);
                if (card.Body is null)
                {
                    json.WriteNullValue();
                }
                else
                {
                    json.WriteRawValue(card.Body, skipInputValidation: true);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            return _version;
        }
    }

    private void Refresh()
    {
        var now = _fleet.Time.GetMonotonic();
        if (_round > 0 && now - _refreshedAt < Fresh)
        {
            return;
        }

        _refreshedAt = now;
        _round++;
        var shown = 0;
        foreach (var slot in _fleet.View.Pools)
        {
            if (slot.Definition is not null)
            {
                shown += RefreshPool(slot, MaxInstances - shown);
            }
        }

        Put('s', "", "", null, static (json, board) => CardJson.Write(json, board._silos.List()), this);
        Sweep(now);
    }

    private int RefreshPool(PoolSlot slot, int room)
    {
        var (shown, hidden) = (0, 0);
        foreach (var instance in slot.View.All())
        {
            if (!slot.IsThere(instance))
            {
                continue;
            }

            if (shown == room)
            {
                hidden++;
                continue;
            }

            shown++;
            Put('i', instance.Id.Pool.Value, instance.Id.Name.Value, instance, CardJson.Write, instance);
        }

        var (report, isActors) = _healths.Of(slot);
        Put('p', slot.Name.Value, "", null, static (json, it) => CardJson.Write(json, it.slot, it.report, it.isActors, it.hidden), (slot, report, isActors, hidden));
        if (_figures.Latest(slot.Name) is { } figures)
        {
            Put('f', slot.Name.Value, "", figures, CardJson.Write, figures);
        }

        return shown;
    }

    /// <param name="kind">What is shown.</param>
    /// <param name="pool">Of which pool.</param>
    /// <param name="name">Of which instance.</param>
    /// <param name="source">What never changes, and makes the card the same where it is the same; null where it has to be compared.</param>
    /// <param name="write">Writes the card.</param>
    /// <param name="state">What is written.</param>
    private void Put<TState>(char kind, string pool, string name, object? source, Action<Utf8JsonWriter, TState> write, TState state)
    {
        if (!_cards.TryGetValue((kind, pool, name), out var card))
        {
            _cards.Add((kind, pool, name), card = new Card($"{kind}/{pool}/{name}"));
        }

        card.Round = _round;
        if (card.Body is not null && source is not null && ReferenceEquals(source, card.Source))
        {
            return;
        }

        using var body = new PooledBuffer();
        using (var json = new Utf8JsonWriter(body, Json))
        {
            write(json, state);
        }

        card.Source = source;
        if (card.Body is null || !body.Span.SequenceEqual(card.Body))
        {
            card.Body = body.Span.ToArray();
            card.Version = ++_version;
        }
    }

    /// <summary>What was not met in this round is gone: its card tells so for a while, and is forgotten.</summary>
    private void Sweep(Monotonic now)
    {
        List<(char, string, string)>? forgotten = null;
        foreach (var (key, card) in _cards)
        {
            if (card.Round == _round)
            {
                continue;
            }

            if (card.Body is not null)
            {
                (card.Body, card.Source, card.GoneAt, card.Version) = (null, null, now, ++_version);
            }
            else if (now - card.GoneAt > KeepRemoved)
            {
                (forgotten ??= []).Add(key);
            }
        }

        forgotten?.ForEach(key => _cards.Remove(key));
    }

    private sealed class Card(string key)
    {
        public string Key => key;

        public object? Source { get; set; }

        public byte[]? Body { get; set; }

        public long Version { get; set; }

        public long Round { get; set; }

        public Monotonic GoneAt { get; set; }
    }
}
