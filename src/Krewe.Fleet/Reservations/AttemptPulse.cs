using Krewe.Core.Time;

namespace Krewe.Fleet.Reservations;

/// <summary>When an attempt's engine last sent a token. One plain write per event; read from any thread.</summary>
public sealed class AttemptPulse
{
    private long _ticks = long.MinValue;

    /// <summary>Null before the first.</summary>
    public Monotonic? LastHeard => Volatile.Read(ref _ticks) is var ticks && ticks == long.MinValue ? null : new Monotonic(ticks);

    /// <summary>Tokens came.</summary>
    public void Heard(Monotonic now) => Volatile.Write(ref _ticks, now.Ticks);
}
