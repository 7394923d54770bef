namespace Krewe.EngineSim.Agent;

/// <summary>How a simulated engine is registered.</summary>
public sealed record SimAgentOptions
{
    /// <summary>The silo's control port, such as <c>http://127.0.0.1:8081</c>.</summary>
    public required Uri ControlUrl { get; init; }

    /// <summary>Default <c>sim</c>.</summary>
    public string Pool { get; init; } = "sim";

    /// <summary>Default <c>default</c>.</summary>
    public string TransferGroup { get; init; } = "default";

    /// <summary>Bearer token; null: none.</summary>
    public string? Token { get; init; }

    /// <summary>Address to register, where it is not the one that the engine listens at.</summary>
    public Uri? AdvertisedUrl { get; init; }

    /// <summary>How long a silo may take to answer. Default 2 s.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Pause after a call that failed. Default 500 ms.</summary>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromMilliseconds(500);

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
