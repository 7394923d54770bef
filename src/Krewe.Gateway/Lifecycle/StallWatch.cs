using Krewe.Core.Time;

namespace Krewe.Gateway.Lifecycle;

/// <summary>
/// Notices that this silo stood still: its process was stopped, or the machine under it. Meanwhile the others may have declared
/// it dead, and until it knows it must not be sent requests that would end with it.
/// </summary>
public sealed class StallWatch(TimeProvider time) : IReadinessHold
{
    /// <summary>A standstill of this length counts: a shorter one costs nobody his membership.</summary>
    public static readonly TimeSpan StallAfter = TimeSpan.FromSeconds(1);

    /// <summary>How long it takes at most to read who is a member, and to end if this one is none.</summary>
    public static readonly TimeSpan Hold = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private long _beat = time.GetMonotonic().Ticks;
    private long _steadyFrom;

    /// <summary>Whether it runs, and has for long enough. Tells a standstill at once, whether or not the watch itself has come to run again.</summary>
    public bool IsSteady
    {
        get
        {
            var now = time.GetMonotonic();
            return now - new Monotonic(Volatile.Read(ref _beat)) < StallAfter && now.Ticks >= Volatile.Read(ref _steadyFrom);
        }
    }

    public bool IsHeld => !IsSteady;

    public string Reason => "This silo stood still, and looks whether the others still have it.";

    /// <summary>Watches until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            Beat();
            await Task.Delay(Period, time, cancellationToken);
        }
    }

    /// <summary>It runs now.</summary>
    internal void Beat()
    {
        var now = time.GetMonotonic();
        if (now - new Monotonic(Volatile.Read(ref _beat)) >= StallAfter)
        {
            // Before the beat: nobody may see the one without the other.
            Volatile.Write(ref _steadyFrom, (now + Hold).Ticks);
        }

        Volatile.Write(ref _beat, now.Ticks);
    }
}
