namespace Krewe.Orleans.Hosting;

/// <summary>
/// How soon a silo that is gone is found missing. Silos probe each other; one that missed a few probes in a row is suspected,
/// and declared dead when enough of the others suspect it. A silo that finds itself declared dead ends its process.
/// </summary>
public sealed class KreweMembershipOptions
{
    private const string Section = "Krewe:Orleans:Membership";

    /// <summary>How long a probe may take, and how often one is sent. Default: 500 ms.</summary>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>What that may grow to where answers are slow. Default: 1 s.</summary>
    public TimeSpan MaxProbeTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Probes missed in a row that make a silo suspect. Default: 2.</summary>
    public int MissedProbes { get; set; } = 2;

    /// <summary>Silos that must suspect one before it is declared dead; half of the silos, rounded up, where there are fewer. Default: 2.</summary>
    public int Votes { get; set; } = 2;

    /// <summary>How often the table is read, beside the silos' own word on changes. A silo that is cut off from the others learns by it that they have declared it dead. Default: 500 ms.</summary>
    public TimeSpan TableRefresh { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often a silo writes into the table that it is alive; whoever has not for three of these is not waited for by a silo that joins, so that it bounds a cold start after all were killed. Default: 2 s.</summary>
    public TimeSpan AliveInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a silo tries to join before it gives up and exits; from then on the others declare it dead. Default: 1 min.</summary>
    public TimeSpan JoinLimit { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often a silo looks whether the table still has it. Default: 1 s.</summary>
    public TimeSpan WatchInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a table that answers may lack a silo, and refuse it, before the silo drains and ends with exit code 3. Default: 1 min.</summary>
    public TimeSpan ReconvergeLimit { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How much later than the one before each further silo does so, in the order of their names. Default: 1 min.</summary>
    public TimeSpan LeaveTurn { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>What is wrong with these options; empty if nothing. Each message names the key.</summary>
    public IEnumerable<string> Validate()
    {
        foreach (var (key, value, least, most) in new[]
        {
            (nameof(ProbeTimeout), ProbeTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
            (nameof(MaxProbeTimeout), MaxProbeTimeout, ProbeTimeout, TimeSpan.FromMinutes(1)),
            (nameof(TableRefresh), TableRefresh, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)),
            (nameof(AliveInterval), AliveInterval, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
            (nameof(JoinLimit), JoinLimit, TimeSpan.FromSeconds(5), TimeSpan.FromHours(1)),
            (nameof(WatchInterval), WatchInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
            (nameof(ReconvergeLimit), ReconvergeLimit, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            (nameof(LeaveTurn), LeaveTurn, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        })
        {
            if (value < least || value > most)
            {
                yield return $"{Section}:{key}: must be {least:c} to {most:c}.";
            }
        }

        foreach (var (key, value) in new[] { (nameof(MissedProbes), MissedProbes), (nameof(Votes), Votes) })
        {
            if (value is < 1 or > 10)
            {
                yield return $"{Section}:{key}: must be 1 to 10.";
            }
        }
    }
}
