using Krewe.Core.Load;
using Krewe.Core.Time;

namespace Krewe.Core.Requests;

/// <summary>One attempt, for people. Times are milliseconds since the request was admitted.</summary>
public sealed record AttemptDescription
{
    /// <summary>From 1.</summary>
    public required int Number { get; init; }

    public required BindingHalfDescription Prefill { get; init; }

    public required BindingHalfDescription Decode { get; init; }

    /// <summary>Null while it runs.</summary>
    public AttemptCause? Cause { get; init; }

    public LegKind? FailedLeg { get; init; }

    public required long TokensSent { get; init; }

    public required double BoundMs { get; init; }

    public double? PrefillStartedMs { get; init; }

    public double? PrefillDoneMs { get; init; }

    public double? FirstTokenMs { get; init; }

    public double? EndedMs { get; init; }

    internal static AttemptDescription Of(Attempt attempt, Monotonic admittedAt)
    {
        double? Since(Monotonic? at) => at is { } then ? (then - admittedAt).TotalMilliseconds : null;

        return new()
        {
            Number = attempt.Id.Number,
            Prefill = BindingHalfDescription.Of(attempt.Binding.Prefill),
            Decode = BindingHalfDescription.Of(attempt.Binding.Decode),
            Cause = attempt.Cause,
            FailedLeg = attempt.FailedLeg,
            TokensSent = attempt.TokensSent,
            BoundMs = (attempt.BoundAt - admittedAt).TotalMilliseconds,
            PrefillStartedMs = Since(attempt.PrefillStartedAt),
            PrefillDoneMs = Since(attempt.PrefillDoneAt),
            FirstTokenMs = Since(attempt.FirstTokenAt),
            EndedMs = Since(attempt.EndedAt),
        };
    }
}
