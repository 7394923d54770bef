using Krewe.Core.Identity;
using Krewe.Simulation.Plans;
using Krewe.Simulation.Silos;

namespace Krewe.Simulation.Gateways;

/// <summary>One client's call while a gateway serves it.</summary>
internal sealed class SimCall
{
    public required PlannedRequest Plan { get; init; }

    /// <summary>Whose socket it came in by.</summary>
    public required SimSilo Silo { get; init; }

    public required RequestId Id { get; init; }

    public required ulong Seed { get; init; }

    public required SimClient Client { get; init; }

    public required TimeSpan StartedAt { get; init; }

    public TimeSpan DeadlineAt => StartedAt + Plan.Deadline;

    /// <summary>What must never be seen anywhere but at engines.</summary>
    public string Prompt => $"canary-prompt-of-request-{Plan.Number}";

    public CancellationTokenSource ClientGone { get; } = new();

    /// <summary>A silo has taken it in.</summary>
    public bool IsStarted { get; set; }

    /// <summary>Attempts that ended by an engine's error.</summary>
    public int Errors { get; set; }

    /// <summary>Failovers without a token between, of attempts that an engine may have run.</summary>
    public int FailoversInARow { get; set; }

    public int FailedAttempts { get; set; }

    /// <summary>Whether its running attempt goes on with an answer of which the client has some.</summary>
    public bool IsContinued => Plan.Stream && Client.Tokens > 0;

    public bool IsOver { get; set; }

    /// <summary>What it is doing, for people.</summary>
    public string State { get; set; } = "starting";
}
