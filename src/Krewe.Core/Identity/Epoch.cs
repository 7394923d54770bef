using System.Globalization;

namespace Krewe.Core.Identity;

/// <summary>
/// The order of the incarnations of one name: issued by the instance's actor, one higher at each accepted
/// registration of a new incarnation. The fence: what carries an older epoch changes nothing.
/// </summary>
public readonly record struct Epoch(long Value) : IComparable<Epoch>
{
    /// <summary>Before the first registration.</summary>
    public static Epoch None => default;

    public Epoch Next() => new(Value + 1);

    public int CompareTo(Epoch other) => Value.CompareTo(other.Value);

    public static bool operator <(Epoch left, Epoch right) => left.Value < right.Value;

    public static bool operator >(Epoch left, Epoch right) => left.Value > right.Value;

    public static bool operator <=(Epoch left, Epoch right) => left.Value <= right.Value;

    public static bool operator >=(Epoch left, Epoch right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
