using Krewe.Core.Load;
using Krewe.Core.Time;
using Krewe.EngineSim.Engine;

namespace Krewe.Bench.Replay;

/// <summary>A request of the trace on its way.</summary>
internal sealed class ReplayRequest(int number, TraceRequest traced, Monotonic arrivedAt, ReplaySilo silo)
{
    public int Number => number;

    public TraceRequest Traced => traced;

    public Monotonic ArrivedAt => arrivedAt;

    public ReplaySilo Silo => silo;

    public ulong[] Chain { get; } = TracePrompt.Chain(traced);

    public ReplayInstance? Prefill { get; set; }

    public ReplayInstance? Decode { get; set; }

    public AttemptLeg PrefillLeg { get; set; }

    public AttemptLeg DecodeLeg { get; set; }

    /// <summary>The leg that an engine works on.</summary>
    public SimSequence? Sequence { get; set; }

    public bool IsDisaggregated => Prefill != Decode;

    public Monotonic FirstTokenAt { get; set; }

    public Monotonic LastTokenAt { get; set; }
}
