namespace Krewe.Core.Load;

/// <summary>The times and bounds of a ledger.</summary>
public sealed record LedgerOptions
{
    public static LedgerOptions Default { get; } = new();

    /// <summary>How often silos re-assert what their attempts hold. Default 2 s.</summary>
    public TimeSpan AssertInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A reservation that nobody asserted for this long expires. Default 6 s; more than twice <see cref="AssertInterval"/>.</summary>
    public TimeSpan AssertLimit { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>How long a new activation takes its predecessor's last word for reserved, while silos have not said what they hold. Default 4 s; at least twice <see cref="AssertInterval"/>.</summary>
    public TimeSpan PresumeLimit { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a release is remembered, so that a late reserve cannot follow it. Default 10 s; longer than a reserve call can be under way.</summary>
    public TimeSpan TombstoneFor { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Most releases remembered; beyond it the oldest is forgotten. Default 16,384.</summary>
    public int MaxTombstones { get; init; } = 16_384;

    /// <summary>Most reservations held, whatever the limits named in Reserve. Default 65,536.</summary>
    public int MaxReservations { get; init; } = 65_536;

    /// <summary>
    /// How long a drain waits, after a prefill's reply, for a decode instance to fetch its KV: its load is over by then, and
    /// nobody tells when the KV is. Default 5 s.
    /// </summary>
    public TimeSpan TransferLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>An engine's report older than this counts no more. Default 5 s.</summary>
    public TimeSpan ReportLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What is wrong with these options, each naming its key; empty if nothing.</summary>
    /// <param name="section">The configuration section, for the messages.</param>
    public IReadOnlyList<string> Validate(string section = "Krewe:Ledger")
    {
        var errors = new List<string>();
        Require(AssertInterval > TimeSpan.Zero, nameof(AssertInterval), "must be more than 0");
        Require(AssertLimit > 2 * AssertInterval, nameof(AssertLimit), $"must be more than twice {nameof(AssertInterval)}");
        Require(PresumeLimit >= 2 * AssertInterval, nameof(PresumeLimit), $"must be at least twice {nameof(AssertInterval)}");
        Require(TombstoneFor > TimeSpan.Zero, nameof(TombstoneFor), "must be more than 0");
        Require(MaxTombstones > 0, nameof(MaxTombstones), "must be at least 1");
        Require(MaxReservations > 0, nameof(MaxReservations), "must be at least 1");
        Require(TransferLimit >= TimeSpan.Zero, nameof(TransferLimit), "must not be negative");
        Require(ReportLimit > TimeSpan.Zero, nameof(ReportLimit), "must be more than 0");
        return errors;

        void Require(bool holds, string key, string rule)
        {
            if (!holds)
            {
                errors.Add($"{section}:{key} {rule}.");
            }
        }
    }
}
