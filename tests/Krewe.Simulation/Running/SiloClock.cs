namespace Krewe.Simulation.Running;

/// <summary>The clock as one silo has it.</summary>
/// <param name="clock">The world's.</param>
/// <param name="gate">Of the silo's process.</param>
/// <param name="trustsWallClock">A seeded bug: what should be monotonic follows the wall clock.</param>
internal sealed class SiloClock(SimulationClock clock, SiloGate gate, bool trustsWallClock) : TimeProvider
{
    public override long TimestampFrequency => clock.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => clock.LocalTimeZone;

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

    public override long GetTimestamp() => clock.GetTimestamp() + (trustsWallClock ? clock.WallSkew.Ticks : 0);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        clock.CreateTimer(callback, state, dueTime, period, gate);
}
