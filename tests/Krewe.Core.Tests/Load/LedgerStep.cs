using FsCheck;
using FsCheck.Fluent;

namespace Krewe.Core.Tests.Load;

/// <summary>One call of a random history of a ledger. The numbers are read by its kind.</summary>
internal sealed record LedgerStep(LedgerStepKind Kind, int Leg, int Epoch, int Number)
{
    private static readonly (LedgerStepKind Kind, int Weight)[] Weights =
    [
        (LedgerStepKind.Reserve, 12),
        (LedgerStepKind.Release, 9),
        (LedgerStepKind.Assert, 3),
        (LedgerStepKind.Expire, 2),
        (LedgerStepKind.DropSilo, 1),
        (LedgerStepKind.Report, 4),
        (LedgerStepKind.MoveTo, 1),
        (LedgerStepKind.Pass, 5),
    ];

    public static Arbitrary<LedgerStep[]> Histories()
    {
        var step =
            from kind in Gen.Frequency(Weights.Select(entry => (entry.Weight, Gen.Constant(entry.Kind))))
            from leg in Gen.Choose(0, 11)
            from epoch in Gen.Choose(0, 9)
            from number in Gen.Choose(0, 59)
            select new LedgerStep(kind, leg, epoch, number);
        var histories =
            from length in Gen.Choose(1, 200)
            from steps in step.ArrayOf(length)
            select steps;
        return Arb.From(histories, Shrink);
    }

    private static IEnumerable<LedgerStep[]> Shrink(LedgerStep[] steps)
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
