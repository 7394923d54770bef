namespace Krewe.Gateway.Client;

/// <summary>The client port's limits.</summary>
public sealed class ClientPortOptions
{
    /// <summary>Largest request body, in bytes. Default: 32 MiB (images are sent inline).</summary>
    public int MaxBodyBytes { get; set; } = 32 << 20;

    /// <summary>Longest deadline that a client may ask for. Default: 1 day.</summary>
    public TimeSpan MaxDeadline { get; set; } = TimeSpan.FromDays(1);

    /// <summary>What is wrong with these options; empty if nothing. Each message names the key.</summary>
    public IEnumerable<string> Validate()
    {
        if (MaxBodyBytes is < 1024 or > (1 << 30))
        {
            yield return $"Krewe:Client:{nameof(MaxBodyBytes)}: must be 1 KiB to 1 GiB.";
        }

        if (MaxDeadline < TimeSpan.FromMilliseconds(1) || MaxDeadline > TimeSpan.FromDays(7))
        {
            yield return $"Krewe:Client:{nameof(MaxDeadline)}: must be 1 ms to 7 days.";
        }
    }
}
