using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Running;

/// <summary>Counts what took place, by name.</summary>
internal sealed class Tally
{
    private readonly Dictionary<string, int> _counts = [];

    public IReadOnlyDictionary<string, int> Counts => _counts;

    public void Add(string what, int count = 1) => _counts[what] = _counts.GetValueOrDefault(what) + count;

    /// <summary>The transitions that a silo's journal tells of, each with its cause.</summary>
    public void AddJournal(SimSilo? silo)
    {
        foreach (var entry in silo?.Services.Events.Newest(SimSilo.Pool, int.MaxValue) ?? [])
        {
            Add($"{entry.What} {entry.From} -> {entry.To} by {entry.Cause}");
        }
    }
}
