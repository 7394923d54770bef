namespace Krewe.EngineSim.Engine;

/// <summary>How long the simulated engine takes. The defaults are of the order of an 8 B model on one recent GPU.</summary>
public sealed record SimTiming
{
    /// <summary>No time at all: every answer is there at once, for measuring what stands in front of the engine.</summary>
    public static SimTiming Instant { get; } = new()
    {
        StepBase = TimeSpan.Zero,
        StepPerRunning = TimeSpan.Zero,
        PrefillPerToken = TimeSpan.Zero,
        KvTransferSetup = TimeSpan.Zero,
        KvTransferPerToken = TimeSpan.Zero,
    };

    /// <summary>A step's time with nothing in it. Default 6 ms.</summary>
    public TimeSpan StepBase { get; init; } = TimeSpan.FromMilliseconds(6);

    /// <summary>What each request in the step adds. Default 0.35 ms.</summary>
    public TimeSpan StepPerRunning { get; init; } = TimeSpan.FromMilliseconds(0.35);

    /// <summary>What each prompt token that is not in the cache adds to the step that computes it. Default 0.125 ms (8,000 tokens/s).</summary>
    public TimeSpan PrefillPerToken { get; init; } = TimeSpan.FromMilliseconds(0.125);

    /// <summary>Most tokens computed in one step, prefill and decode together: a longer prompt takes several steps. Default 2,048.</summary>
    public int MaxStepTokens { get; init; } = 2048;

    /// <summary>Fixed part of fetching KV from a prefill instance. Default 1 ms.</summary>
    public TimeSpan KvTransferSetup { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>What each token adds to it. Default 0.008 ms.</summary>
    public TimeSpan KvTransferPerToken { get; init; } = TimeSpan.FromMilliseconds(0.008);

    /// <summary>Where set, a prompt's prefill takes this long whatever its length, beside the steps of others. Default: not set.</summary>
    public TimeSpan? FixedTtft { get; init; }

    internal bool IsInstant =>
        StepBase == TimeSpan.Zero && StepPerRunning == TimeSpan.Zero && PrefillPerToken == TimeSpan.Zero
        && KvTransferSetup == TimeSpan.Zero && KvTransferPerToken == TimeSpan.Zero && FixedTtft.GetValueOrDefault() == TimeSpan.Zero;

    internal TimeSpan StepTime(int running, int prefillTokens, double slowness) =>
        (StepBase + (StepPerRunning * running) + (PrefillPerToken * prefillTokens)) * slowness;

    internal TimeSpan TransferTime(int tokens, double slowness) => (KvTransferSetup + (KvTransferPerToken * tokens)) * slowness;

    internal IEnumerable<string> Errors()
    {
        foreach (var (name, value) in new[]
        {
            (nameof(StepBase), StepBase), (nameof(StepPerRunning), StepPerRunning), (nameof(PrefillPerToken), PrefillPerToken),
            (nameof(KvTransferSetup), KvTransferSetup), (nameof(KvTransferPerToken), KvTransferPerToken), (nameof(FixedTtft), FixedTtft ?? TimeSpan.Zero),
        })
        {
            if (value < TimeSpan.Zero || value > TimeSpan.FromMinutes(10))
            {
                yield return $"{name} must be from 0 to 10 minutes, is {value}.";
            }
        }

        if (MaxStepTokens is < 1 or > 1_000_000)
        {
            yield return $"{nameof(MaxStepTokens)} must be from 1 to 1,000,000, is {MaxStepTokens}.";
        }
    }
}
