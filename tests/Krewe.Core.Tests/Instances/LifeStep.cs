using FsCheck;
using FsCheck.Fluent;

namespace Krewe.Core.Tests.Instances;

/// <summary>One thing that happens in a random life. The numbers are read by its kind.</summary>
internal sealed record LifeStep(LifeStepKind Kind, int Who, int Number)
{
    private static readonly (LifeStepKind Kind, int Weight)[] Weights =
    [
        (LifeStepKind.Pass, 9),
        (LifeStepKind.PassAlive, 3),
        (LifeStepKind.SleepAndTick, 3),
        (LifeStepKind.Sleep, 1),
        (LifeStepKind.Register, 4),
        (LifeStepKind.Heartbeat, 5),
        (LifeStepKind.Delete, 1),
        (LifeStepKind.Cordon, 1),
        (LifeStepKind.Uncordon, 1),
        (LifeStepKind.Drain, 1),
        (LifeStepKind.ProbeFinished, 12),
        (LifeStepKind.ConnectionFailed, 2),
        (LifeStepKind.TokensSeen, 2),
        (LifeStepKind.AttemptFinished, 8),
        (LifeStepKind.ReservationsEmptied, 1),
        (LifeStepKind.ClockLate, 1),
        (LifeStepKind.Freeze, 2),
        (LifeStepKind.Restore, 1),
    ];

    public static Arbitrary<LifeStep[]> Lives(int longest)
    {
        var step =
            from kind in Gen.Frequency(Weights.Select(entry => (entry.Weight, Gen.Constant(entry.Kind))))
            from who in Gen.Choose(0, 9)
            from number in Gen.Choose(0, 59)
            select new LifeStep(kind, who, number);
        var lives =
            from length in Gen.Choose(1, longest)
            from steps in step.ArrayOf(length)
            select steps;
        return Arb.From(lives, Shrink);
    }

    private static IEnumerable<LifeStep[]> Shrink(LifeStep[] steps)
    {
        for (var size = steps.Length / 2; size >= 1; size /= 2)
        {
            for (var at = 0; at + size <= steps.Length; at += size)
            {
                yield return [.. steps[..at], .. steps[(at + size)..]];
            }
        }
    }
}
