using Krewe.Core.Identity;

namespace Krewe.Orleans.Hosting;

/// <summary>How Orleans runs the actors of a silo.</summary>
public sealed class KreweOrleansOptions
{
    /// <summary>The cluster's name; silos of other names are strangers. Default: <c>krewe</c>.</summary>
    public string ClusterId { get; set; } = "krewe";

    /// <summary>The name under which the state is kept: it outlives clusters and releases. Default: <c>krewe</c>.</summary>
    public string ServiceId { get; set; } = "krewe";

    /// <summary>Port of the loopback address on which the silo listens for silos. 0 = a free one. Default: 0.</summary>
    public int SiloPort { get; set; }

    /// <summary>Bound of a call between actors that has no tighter one of its own. Default: 10 s.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an actor that nothing calls and no timer wakes stays in memory. At least a minute. Default: 2 min.</summary>
    public TimeSpan CollectionAge { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Calls of the store that may block a thread at the same time. Default: 1, for SQLite takes one writer at a time, and a driver that is truly asynchronous does not block.</summary>
    public int StorageThreads { get; set; } = 1;

    /// <summary>What is wrong with these options; empty if nothing. Each message names the key.</summary>
    public IEnumerable<string> Validate()
    {
        foreach (var (key, value) in new[] { (nameof(ClusterId), ClusterId), (nameof(ServiceId), ServiceId) })
        {
            if (!NameRule.IsValid(value))
            {
                yield return $"Krewe:Orleans:{key}: '{value}' is not a name: {NameRule.Description}.";
            }
        }

        if (SiloPort is < 0 or > 65_535)
        {
            yield return $"Krewe:Orleans:{nameof(SiloPort)}: must be 0 to 65535.";
        }

        if (CallTimeout <= TimeSpan.Zero || CallTimeout > TimeSpan.FromHours(1))
        {
            yield return $"Krewe:Orleans:{nameof(CallTimeout)}: must be more than 0 and at most 1 hour.";
        }

        if (CollectionAge < TimeSpan.FromMinutes(1) || CollectionAge > TimeSpan.FromDays(1))
        {
            yield return $"Krewe:Orleans:{nameof(CollectionAge)}: must be 1 minute to 1 day.";
        }

        if (StorageThreads is < 1 or > 64)
        {
            yield return $"Krewe:Orleans:{nameof(StorageThreads)}: must be 1 to 64.";
        }
    }
}
