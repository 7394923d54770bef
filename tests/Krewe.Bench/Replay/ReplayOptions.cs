using Krewe.EngineSim.Engine;

namespace Krewe.Bench.Replay;

/// <summary>The fleet that a trace is played to, and what is asked of it.</summary>
internal sealed record ReplayOptions
{
    /// <summary>Tokens in a block of the engines' KV cache.</summary>
    public const int KvBlockSize = 16;

    public int Prefill { get; init; } = 8;

    public int Decode { get; init; } = 4;

    public int Mixed { get; init; }

    /// <summary>Silos that route, each taking requests in turn.</summary>
    public int Silos { get; init; } = 1;

    /// <summary>The trace's times are divided by it.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>KV cache of each instance, in tokens.</summary>
    public int KvTokens { get; init; } = 1_000_000;

    /// <summary>Most requests at a time on an instance.</summary>
    public int MaxConcurrency { get; init; } = 256;

    public TimeSpan TtftSlo { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Of a request's mean time between tokens.</summary>
    public TimeSpan ItlSlo { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How often silos tell each other what can wait.</summary>
    public TimeSpan FrameInterval { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Whether what cannot wait goes sooner, as it does in the product.</summary>
    public bool SendsUrgently { get; init; } = true;

    /// <summary>How long a frame is on its way.</summary>
    public TimeSpan FrameDelay { get; init; } = TimeSpan.FromMilliseconds(1);

    public ulong Seed { get; init; } = 1;

    /// <summary>How often each policy is played, with other draws each time: a run's load hangs on chance, means of several much less.</summary>
    public int Draws { get; init; } = 1;

    public SimTiming Timing { get; init; } = new();

    public EngineLimits Limits => new(MaxConcurrency, 100_000, KvTokens / KvBlockSize, KvBlockSize, TimeSpan.FromHours(1));

    /// <summary>Instances that compute prompts.</summary>
    public int PromptInstances => Prefill + Mixed;

    public bool IsDisaggregated => Prefill > 0;

    /// <summary>What is wrong with them; null if nothing.</summary>
    public string? Error() =>
        Prefill < 0 || Decode < 0 || Mixed < 0 || Prefill + Decode + Mixed > 4096 ? "--prefill, --decode and --mixed must be 0 or more, 4,096 together at most."
        : PromptInstances == 0 ? "--prefill or --mixed must be 1 or more."
        : Prefill > 0 && Decode == 0 ? "--prefill needs --decode."
        : Silos is < 1 or > 64 ? "--silos must be 1 to 64."
        : Draws is < 1 or > 100 ? "--draws must be 1 to 100."
        : KvTokens is < 1024 or > 1_000_000_000 ? "--kv-tokens must be 1,024 to 1,000,000,000."
        : !(Speed is > 0 and <= 1000) ? "--speed must be above 0 and at most 1,000."
        : TtftSlo <= TimeSpan.Zero || ItlSlo <= TimeSpan.Zero ? "--slo-ttft-ms and --slo-itl-ms must be above 0."
        : null;

    public override string ToString() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{(Prefill > 0 ? $"{Prefill} prefill + {Decode} decode" : "")}{(Mixed > 0 ? $" {Mixed} mixed" : "")}, {KvTokens} tokens of KV each, {Silos} silos, speed {Speed}");
}
