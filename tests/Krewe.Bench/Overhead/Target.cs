using Krewe.Testing.Processes;

namespace Krewe.Bench.Overhead;

/// <summary>Something that answers: where, as which model, and the processes whose CPU counts.</summary>
internal sealed record Target(string Name, Uri Url, string Model, IReadOnlyList<ChildProcess> Processes)
{
    /// <summary>What callers have to show, as header lines.</summary>
    public string Headers { get; init; } = "";

    /// <summary>User and system time of all of them.</summary>
    public TimeSpan Cpu() => Processes.Aggregate(TimeSpan.Zero, (sum, process) => sum + process.Cpu());
}
