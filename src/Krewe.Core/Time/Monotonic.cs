using System.Globalization;

namespace Krewe.Core.Time;

/// <summary>
/// A point on a silo's monotonic clock, in ticks of 100 ns from an arbitrary origin. It never jumps with the wall
/// clock, so everything about liveness is told in it. Points of two silos, or of two lives of one, do not compare.
/// </summary>
public readonly record struct Monotonic(long Ticks) : IComparable<Monotonic>
{
    public static Monotonic Zero => default;

    public static Monotonic operator +(Monotonic at, TimeSpan span) => new(at.Ticks + span.Ticks);

    public static Monotonic operator -(Monotonic at, TimeSpan span) => new(at.Ticks - span.Ticks);

    public static TimeSpan operator -(Monotonic later, Monotonic earlier) => new(later.Ticks - earlier.Ticks);

    public static bool operator <(Monotonic left, Monotonic right) => left.Ticks < right.Ticks;

    public static bool operator >(Monotonic left, Monotonic right) => left.Ticks > right.Ticks;

    public static bool operator <=(Monotonic left, Monotonic right) => left.Ticks <= right.Ticks;

    public static bool operator >=(Monotonic left, Monotonic right) => left.Ticks >= right.Ticks;

    public static Monotonic Min(Monotonic left, Monotonic right) => left < right ? left : right;

    public static Monotonic Max(Monotonic left, Monotonic right) => left > right ? left : right;

    public int CompareTo(Monotonic other) => Ticks.CompareTo(other.Ticks);

    public override string ToString() => TimeSpan.FromTicks(Ticks).TotalSeconds.ToString("F3", CultureInfo.InvariantCulture) + "s";
}
