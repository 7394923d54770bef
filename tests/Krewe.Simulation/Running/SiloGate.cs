namespace Krewe.Simulation.Running;

/// <summary>Whether a silo's process runs, stands still, or is gone: nothing of it happens otherwise.</summary>
internal sealed class SiloGate
{
    private TimeSpan _stillUntil;

    public bool IsGone { get; private set; }

    public void Kill() => IsGone = true;

    public void StandStill(TimeSpan until) => _stillUntil = until > _stillUntil ? until : _stillUntil;

    public TimeSpan StillFor(SimulationClock clock) => _stillUntil - clock.Elapsed;
}
