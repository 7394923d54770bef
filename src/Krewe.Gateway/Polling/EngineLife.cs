using System.Globalization;
using Krewe.Core.Identity;
using Krewe.Core.Randomness;

namespace Krewe.Gateway.Polling;

/// <summary>
/// Tells one life of a polled engine from the next. A process that says when it started lives as long as it says so;
/// of one that does not, a new life begins when it was seen down (its address refused) and answers again. A silent
/// engine is not down: it may be slow, or we deaf.
/// </summary>
internal sealed class EngineLife
{
    private const string FromStartPrefix = "process-";
    private const string SeenPrefix = "seen-";

    private readonly IRandomSource _random;
    private double? _start;
    private bool _wasDown;

    /// <param name="random">For ids of lives that tell no start.</param>
    /// <param name="known">The incarnation that is registered at this address from before this silo looked; if a poller named it, it goes on until it is seen to end.</param>
    public EngineLife(IRandomSource random, IncarnationId? known = null)
    {
        _random = random;
        if (known is { } id && (id.Value.StartsWith(FromStartPrefix, StringComparison.Ordinal) || id.Value.StartsWith(SeenPrefix, StringComparison.Ordinal)))
        {
            Incarnation = id;
            _start = StartOf(id);
        }
    }

    /// <summary>Null before the engine was first seen.</summary>
    public IncarnationId? Incarnation { get; private set; }

    /// <summary>Whether the engine must be asked for its start before its next answer says anything.</summary>
    public bool MustAsk => Incarnation is null || _wasDown;

    /// <summary>Its address refused a connection.</summary>
    public void Refused() => _wasDown = true;

    /// <summary>It answered. True when a new life began.</summary>
    /// <param name="processStart">What it says of its start; null if nothing, or if it was not asked.</param>
    /// <param name="wasAsked">Whether a null is its answer.</param>
    public bool Answered(string? processStart, bool wasAsked)
    {
        var start = Parse(processStart);
        var isNew = Incarnation is null
            || (start is { } now && _start is { } before ? now != before : _wasDown && (start is not null || wasAsked));
        if (start is not null || (isNew && wasAsked))
        {
            _start = start;
        }

        if (start is not null || wasAsked)
        {
            _wasDown = false;
        }

        if (isNew)
        {
            Incarnation = start is { } told ? FromStart(told) : Fresh();
        }

        return isNew;
    }

    /// <summary>The life that was thought to be running is not taken any more: it gets a new name.</summary>
    public void Renew() => Incarnation = Fresh();

    private static double? Parse(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) && value > 0 ? value : null;

    private static IncarnationId FromStart(double start) => new(string.Create(CultureInfo.InvariantCulture, $"{FromStartPrefix}{start:R}"));

    private static double? StartOf(IncarnationId id) =>
        id.Value.StartsWith(FromStartPrefix, StringComparison.Ordinal) ? Parse(id.Value[FromStartPrefix.Length..]) : null;

    private IncarnationId Fresh() => new(string.Create(CultureInfo.InvariantCulture, $"{SeenPrefix}{_random.NextUInt64():x16}{_random.NextUInt64():x16}"));
}
