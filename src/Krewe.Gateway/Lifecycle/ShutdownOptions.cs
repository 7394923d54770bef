namespace Krewe.Gateway.Lifecycle;

/// <summary>How a silo goes.</summary>
public sealed class ShutdownOptions
{
    /// <summary>From failing readiness to refusing new requests, so that balancers look elsewhere first. Default: 5 s.</summary>
    public TimeSpan Settle { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long running requests may take to finish after that. Default: 30 s.</summary>
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What is wrong with these options; empty if nothing. Each message names the key.</summary>
    public IEnumerable<string> Validate()
    {
        if (Settle < TimeSpan.Zero || Settle > TimeSpan.FromMinutes(10))
        {
            yield return $"Krewe:Shutdown:{nameof(Settle)}: must be 0 to 10 minutes.";
        }

        if (Grace < TimeSpan.Zero || Grace > TimeSpan.FromHours(1))
        {
            yield return $"Krewe:Shutdown:{nameof(Grace)}: must be 0 to 1 hour.";
        }
    }
}
