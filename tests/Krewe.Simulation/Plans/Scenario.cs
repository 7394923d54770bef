using System.Globalization;
using System.Text;
using Krewe.Simulation.Bugs;

namespace Krewe.Simulation.Plans;

/// <summary>One run, planned: what there is, what is asked of it, what befalls it. What is left to chance follows from the seed.</summary>
internal sealed record Scenario
{
    /// <summary>When every fault is over and what is down comes back.</summary>
    public required TimeSpan HealAt { get; init; }

    public required ulong Seed { get; init; }

    public required IReadOnlyList<PlannedInstance> Instances { get; init; }

    public required ActorLinks Links { get; init; }

    /// <summary>Share of agents' messages that is lost, and that comes twice.</summary>
    public required double AgentLoss { get; init; }

    public required int QueueLimit { get; init; }

    public required TimeSpan QueueMaxWait { get; init; }

    /// <summary>Longest silence of an engine within an answer.</summary>
    public required TimeSpan Idle { get; init; }

    public required string Policy { get; init; }

    /// <summary>Whether a decode engine that does not get the KV cache computes it itself, or fails the request.</summary>
    public required bool DecodeRecomputes { get; init; }

    public required IReadOnlyList<PlannedRequest> Requests { get; init; }

    public required IReadOnlyList<PlannedFault> Faults { get; init; }

    /// <summary>The bug that is put in on purpose; none in a run that looks for real ones.</summary>
    public SeededBug Bug { get; init; }

    /// <summary>Whether the wall clock jumps where the plan says so. Nothing else may differ by it.</summary>
    public bool WallClockJumps { get; init; } = true;

    /// <summary>For people: enough to see what was going on.</summary>
    public string Describe()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Instances: {string.Join(", ", Instances)}; all heals at {HealAt.TotalSeconds:F0} s\n");
        text.Append(CultureInfo.InvariantCulture, $"Actor links {Links}, agents' loss {AgentLoss:P0}, queue {QueueLimit} for {QueueMaxWait.TotalSeconds:F1} s, idle {Idle.TotalSeconds:F1} s, policy {Policy}, decode {(DecodeRecomputes ? "recomputes" : "fails")} without KV\n");
        foreach (var line in Faults.Select(fault => (fault.At, Text: fault.ToString())).Concat(Requests.Select(request => (request.At, Text: request.ToString()))).OrderBy(line => line.At))
        {
            text.Append("  ").Append(line.Text).Append('\n');
        }

        return text.ToString();
    }
}
