namespace Krewe.Gateway.Client;

/// <summary>The client port's limits.</summary>
public sealed class ClientPortOptions
{
    /// <summary>Largest request body, in bytes. Default: 32 MiB (images are sent inline).</summary>
    public int MaxBodyBytes { get; set; } = 32 << 20;

    /// <summary>Longest deadline that a client may ask for. Default: 1 day.</summary>
    public TimeSpan MaxDeadline { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How much of a running answer is kept for going on with it elsewhere, in bytes of JSON: of its text, and where token
    /// ids are kept, of these and of the prompt's each. An answer that grows beyond it is not continued. Default: 1 MiB.
    /// </summary>
    public int MaxContinuationBytes { get; set; } = 1 << 20;

    /// <summary>What is wrong with these options; empty if nothing. Each message names the key.</summary>
    public IEnumerable<string> Validate()
    {
        if (MaxBodyBytes is < 1024 or > (1 << 30))
        {
            yield return $"Krewe:Client:{nameof(MaxBodyBytes)}: must be 1 KiB to 1 GiB.";
        }

        if (MaxContinuationBytes is < 0 or > (64 << 20))
        {
            yield return $"Krewe:Client:{nameof(MaxContinuationBytes)}: must be 0 to 64 MiB.";
        }

        if (MaxDeadline < TimeSpan.FromMilliseconds(1) || MaxDeadline > TimeSpan.FromDays(7))
        {
            yield return $"Krewe:Client:{nameof(MaxDeadline)}: must be 1 ms to 7 days.";
        }
    }
}
