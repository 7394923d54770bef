using System.Globalization;

namespace Krewe.Simulation.Running;

/// <summary>What happened, as a hash always and as text on demand. Two runs of one seed have the same hash.</summary>
internal sealed class Trace(SimulationClock clock, bool keepsText)
{
    private const ulong Prime = 1099511628211;

    private readonly List<string> _lines = [];

    public ulong Hash { get; private set; } = 14695981039346656037;

    /// <summary>Empty unless text is kept.</summary>
    public IReadOnlyList<string> Lines => _lines;

    public void Add(string what, string who, long first = 0, long second = 0)
    {
        Mix((ulong)clock.Elapsed.Ticks);
        Mix(what);
        Mix(who);
        Mix((ulong)first);
        Mix((ulong)second);
        if (keepsText)
        {
            _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds,9:F4}  {what,-22} {who,-14} {first} {second}"));
        }
    }

    /// <summary>For people only: it does not count in the hash.</summary>
    public void Note(Func<string> text)
    {
        if (keepsText)
        {
            _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds,9:F4}  {text()}"));
        }
    }

    private void Mix(string text)
    {
        foreach (var c in text)
        {
            Hash = (Hash ^ c) * Prime;
        }
    }

    private void Mix(ulong value)
    {
        Hash = (Hash ^ (value & 0xFFFF_FFFF)) * Prime;
        Hash = (Hash ^ (value >> 32)) * Prime;
    }
}
