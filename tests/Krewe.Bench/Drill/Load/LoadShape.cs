namespace Krewe.Bench.Drill.Load;

/// <summary>The load of a drill: open loop, spread over the pools and both endpoints.</summary>
internal sealed record LoadShape
{
    /// <summary>Pools that it goes to, in turn.</summary>
    public IReadOnlyList<string> Pools { get; init; } = [Rig.DrillLayout.Split, Rig.DrillLayout.Mixed];

    /// <summary>New requests per second.</summary>
    public double Rate { get; init; } = 30;

    /// <summary>Lengths of answers, tokens; each as likely as the others. At 25 ms a token: 0.2 to 6 s.</summary>
    public IReadOnlyList<int> Lengths { get; init; } = [8, 16, 60, 240];

    /// <summary>One request in so many does not stream.</summary>
    public int WholeEvery { get; init; } = 8;

    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(30);
}
