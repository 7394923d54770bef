using System.Runtime.CompilerServices;
using Krewe.Core.Time;

namespace Krewe.Core.Instances.Breaking;

/// <summary>Outcomes of the last while, counted in ten slices of time. A value: booking gives the next one.</summary>
internal readonly struct OutcomeWindow : IEquatable<OutcomeWindow>
{
    private const int Slices = 10;

    private readonly Counts _succeeded;
    private readonly Counts _failed;
    private readonly long _slice;

    private OutcomeWindow(Counts succeeded, Counts failed, long slice)
    {
        _succeeded = succeeded;
        _failed = failed;
        _slice = slice;
    }

    public OutcomeWindow Book(bool failed, Monotonic now, TimeSpan window)
    {
        var succeededCounts = _succeeded;
        var failedCounts = _failed;
        var slice = Math.Max(_slice, SliceOf(now, window));

        // The slices between the last booking and now saw nothing.
        var stale = Math.Min(slice - _slice, Slices);
        for (var back = 0; back < stale; back++)
        {
            var index = IndexOf(slice - back);
            succeededCounts[index] = 0;
            failedCounts[index] = 0;
        }

        if (failed)
        {
            failedCounts[IndexOf(slice)]++;
        }
        else
        {
            succeededCounts[IndexOf(slice)]++;
        }

        return new OutcomeWindow(succeededCounts, failedCounts, slice);
    }

    /// <summary>The sums of the slices up to the last booking.</summary>
    public (int Succeeded, int Failed) Sum()
    {
        var (succeeded, failed) = (0, 0);
        for (var i = 0; i < Slices; i++)
        {
            succeeded += _succeeded[i];
            failed += _failed[i];
        }

        return (succeeded, failed);
    }

    public bool Equals(OutcomeWindow other) =>
        _slice == other._slice
        && ((ReadOnlySpan<int>)_succeeded).SequenceEqual(other._succeeded)
        && ((ReadOnlySpan<int>)_failed).SequenceEqual(other._failed);

    public override bool Equals(object? obj) => obj is OutcomeWindow other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_slice, Sum());

    private static long SliceOf(Monotonic at, TimeSpan window) => Math.DivRem(at.Ticks, Math.Max(1, window.Ticks / Slices)).Quotient;

    private static int IndexOf(long slice) => (int)(((slice % Slices) + Slices) % Slices);

    [InlineArray(Slices)]
    private struct Counts
    {
        private int _first;
    }
}
