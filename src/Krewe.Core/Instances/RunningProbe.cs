using Krewe.Core.Time;

namespace Krewe.Core.Instances;

/// <summary>A probe under way.</summary>
/// <param name="Number">Which; results of others change nothing.</param>
/// <param name="OverdueAt">From then on it counts as timed out: its result may be lost.</param>
/// <param name="Purpose">Why it runs.</param>
internal sealed record RunningProbe(int Number, Monotonic OverdueAt, ProbePurpose Purpose);
