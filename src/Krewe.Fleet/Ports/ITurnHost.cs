namespace Krewe.Fleet.Ports;

/// <summary>
/// What every actor asks of the host that runs it. The host promises that the actor's code runs one turn at a time:
/// calls, timers and what follows an <c>await</c> inside the actor are turns of their own and may interleave at awaits only.
/// </summary>
public interface ITurnHost
{
    TimeProvider Time { get; }

    /// <summary>Makes a timer whose callback is a turn of the actor. It keeps the actor alive and fires once per <see cref="ITurnTimer.Schedule"/>.</summary>
    ITurnTimer CreateTimer(Action onFire);
}
