using System.Diagnostics;

namespace Krewe.Bench.Drill;

/// <summary>The drill's time: one origin for everything that is recorded.</summary>
internal sealed class DrillClock
{
    private readonly long _start = Stopwatch.GetTimestamp();

    public TimeSpan Now => Stopwatch.GetElapsedTime(_start);
}
