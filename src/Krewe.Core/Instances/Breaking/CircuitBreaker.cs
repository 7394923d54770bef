using Krewe.Core.Load;
using Krewe.Core.Time;

namespace Krewe.Core.Instances.Breaking;

/// <summary>
/// Keeps new work from an instance whose attempts fail although it lives. Legs are booked apart, so that failing
/// decodes do not hide among many good prefills; either of them opens it for both.
/// </summary>
/// <remarks>
/// Closed → Open: too many failures in a row, or too large a share of the window, on one leg. Open → HalfOpen: after
/// its time. HalfOpen → Closed on a success, → Open for twice as long on a failure. While Open, outcomes of attempts
/// bound before say nothing new and are not booked.
/// </remarks>
internal sealed record CircuitBreaker
{
    public static CircuitBreaker Fresh { get; } = new();

    public BreakerState State { get; private init; }

    /// <summary>When an Open one turns HalfOpen.</summary>
    public Monotonic OpenUntil { get; private init; }

    /// <summary>How long it was opened last; zero unless that was since it last closed.</summary>
    public TimeSpan OpenFor { get; private init; }

    private LegOutcomes Whole { get; init; } = LegOutcomes.None;

    private LegOutcomes Prefill { get; init; } = LegOutcomes.None;

    private LegOutcomes Decode { get; init; } = LegOutcomes.None;

    public CircuitBreaker Book(LegKind leg, AttemptVerdict verdict, Monotonic now, BreakerOptions options)
    {
        if (verdict is not (AttemptVerdict.Succeeded or AttemptVerdict.Failed))
        {
            return this;
        }

        var failed = verdict == AttemptVerdict.Failed;
        switch (State)
        {
            case BreakerState.HalfOpen:
                return failed ? Opened(now, Double(OpenFor, options.MaxOpenFor)) : Fresh;
            case BreakerState.Open:
                return this;
            default:
                var outcomes = Of(leg).Book(failed, now, options);
                return failed && outcomes.Trips(options) ? Opened(now, options.OpenFor) : With(leg, outcomes);
        }
    }

    /// <summary>What it is at this moment: Open turns HalfOpen when its time is up.</summary>
    public CircuitBreaker At(Monotonic now) =>
        State == BreakerState.Open && now >= OpenUntil ? this with { State = BreakerState.HalfOpen } : this;

    private static CircuitBreaker Opened(Monotonic now, TimeSpan span) =>
        new() { State = BreakerState.Open, OpenFor = span, OpenUntil = now + span };

    private static TimeSpan Double(TimeSpan span, TimeSpan most) => span >= most / 2 ? most : span * 2;

    private LegOutcomes Of(LegKind leg) => leg switch
    {
        LegKind.Prefill => Prefill,
        LegKind.Decode => Decode,
        _ => Whole,
    };

    private CircuitBreaker With(LegKind leg, LegOutcomes outcomes) => leg switch
    {
        LegKind.Prefill => this with { Prefill = outcomes },
        LegKind.Decode => this with { Decode = outcomes },
        _ => this with { Whole = outcomes },
    };
}
