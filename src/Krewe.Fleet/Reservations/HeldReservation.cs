using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Time;

namespace Krewe.Fleet.Reservations;

/// <summary>One reservation that an attempt of this silo holds.</summary>
/// <param name="Leg">Which half of which attempt.</param>
/// <param name="Instance">Where.</param>
/// <param name="Epoch">The epoch that it was taken from.</param>
/// <param name="Tokens">Estimated prompt tokens.</param>
/// <param name="OnEpochLost">Told when the epoch is lost, with the evidence; may be called more than once, from any thread.</param>
public sealed record HeldReservation(AttemptLeg Leg, InstanceId Instance, Epoch Epoch, long Tokens, Action<EvidenceKind?> OnEpochLost)
{
    /// <summary>When it was taken: silence counts from then at the earliest.</summary>
    public Monotonic Since { get; init; }

    /// <summary>What the gateway hears of the engine; null for a half that sends no tokens.</summary>
    public AttemptPulse? Pulse { get; init; }

    /// <summary>Told when the engine has stalled, as others of its attempts show; null for a half that sends no tokens.</summary>
    public Action? OnStalled { get; init; }

    /// <summary>How long nothing has come of it.</summary>
    public TimeSpan SilentFor(Monotonic now) => now - (Pulse?.LastHeard is { } heard ? Monotonic.Max(heard, Since) : Since);
}
