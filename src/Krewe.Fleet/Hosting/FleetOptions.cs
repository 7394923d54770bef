using Krewe.Core.Bypass;

namespace Krewe.Fleet.Hosting;

/// <summary>How the actors of this silo behave. All times are monotonic.</summary>
public sealed class FleetOptions
{
    /// <summary>Longest wait for an instance's answer to a bind; then the request does without it. Default: 1 s.</summary>
    public TimeSpan BindTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>For how long requests are bound without an instance's actor that does not answer; 0 = never. Default: 5 min.</summary>
    public TimeSpan BypassLimit { get; set; } = BypassRule.DefaultLimit;

    /// <summary>Bound of one read of the store; an activation goes on without it afterwards. Default: 2 s.</summary>
    public TimeSpan StoreReadTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Bound of one write to the store. Default: 5 s.</summary>
    public TimeSpan StoreWriteTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often an actor writes its record though nothing changed: a store that was emptied has it again by then. Default: 1 min.</summary>
    public TimeSpan RewriteInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a registration's reply waits for the store before it goes out as provisional. Default: 1 s.</summary>
    public TimeSpan DurableReplyWait { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often this silo re-asserts its reservations. Default: 2 s.</summary>
    public TimeSpan AssertInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often this silo looks at its attempts on instances that are in doubt. Default: 500 ms.</summary>
    public TimeSpan EvidenceInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>An attempt on a suspect instance that has sent nothing for this long fails over. Default: 1 s.</summary>
    public TimeSpan SilentAttempt { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long this silo avoids an instance that failed one of its attempts; by then its probe has decided. Default: 500 ms.</summary>
    public TimeSpan AvoidFailed { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long this silo avoids an instance whose engine answered that it is overloaded. Default: 1 s.</summary>
    public TimeSpan AvoidOverloaded { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long this silo avoids a pair of instances between which a KV transfer failed. Default: 30 s.</summary>
    public TimeSpan AvoidPair { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often this silo tells others what its actors say, where there is anything; what others route by goes sooner (<see cref="Krewe.Core.Feeds.FramePace"/>). Default: 50 ms.</summary>
    public TimeSpan FrameInterval { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How often this silo renews its subscription to what others say; one that has nothing to say is heard that often. Default: 500 ms.</summary>
    public TimeSpan RenewInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>A subscription that was not renewed for this long is over; also the bound of a renewal. Default: 5 s.</summary>
    public TimeSpan FollowLimit { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A silo that has heard most of the others not for this long takes itself for cut off, and fails its readiness; 0 = never. Default: 1.5 s.</summary>
    public TimeSpan CutOffAfter { get; set; } = TimeSpan.FromMilliseconds(1_500);

    /// <summary>For how long from then on, if the others have not declared it dead by then. Default: 3 s.</summary>
    public TimeSpan CutOffHold { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How often each pool's actor is called by the silo that keeps it awake. Default: 5 s.</summary>
    public TimeSpan WakeInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Calls that may wait for one actor. Default: 100,000.</summary>
    public int MailboxLimit { get; set; } = 100_000;

    /// <summary>How long an actor of the local host that holds nothing stays in memory. Default: 2 min.</summary>
    public TimeSpan IdleDeactivation { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>What is wrong with these options; empty if nothing. Each message names the key.</summary>
    public IEnumerable<string> Validate()
    {
        foreach (var (key, value) in new[]
        {
            (nameof(BindTimeout), BindTimeout),
            (nameof(StoreReadTimeout), StoreReadTimeout),
            (nameof(StoreWriteTimeout), StoreWriteTimeout),
            (nameof(RewriteInterval), RewriteInterval),
            (nameof(DurableReplyWait), DurableReplyWait),
            (nameof(AssertInterval), AssertInterval),
            (nameof(EvidenceInterval), EvidenceInterval),
            (nameof(SilentAttempt), SilentAttempt),
            (nameof(AvoidFailed), AvoidFailed),
            (nameof(AvoidOverloaded), AvoidOverloaded),
            (nameof(AvoidPair), AvoidPair),
            (nameof(FrameInterval), FrameInterval),
            (nameof(RenewInterval), RenewInterval),
            (nameof(FollowLimit), FollowLimit),
            (nameof(CutOffHold), CutOffHold),
            (nameof(WakeInterval), WakeInterval),
            (nameof(IdleDeactivation), IdleDeactivation),
        })
        {
            if (value <= TimeSpan.Zero || value > TimeSpan.FromHours(1))
            {
                yield return $"Krewe:Fleet:{key}: must be more than 0 and at most 1 hour.";
            }
        }

        if (BypassLimit < TimeSpan.Zero || BypassLimit > TimeSpan.FromHours(1))
        {
            yield return $"Krewe:Fleet:{nameof(BypassLimit)}: must be 0 to 1 hour.";
        }

        if (RenewInterval > TimeSpan.Zero && FollowLimit > TimeSpan.Zero && RenewInterval <= TimeSpan.FromHours(1) && FollowLimit < 2 * RenewInterval)
        {
            yield return $"Krewe:Fleet:{nameof(FollowLimit)}: must be at least twice {nameof(RenewInterval)}.";
        }

        if (CutOffAfter < TimeSpan.Zero || CutOffAfter > TimeSpan.FromHours(1))
        {
            yield return $"Krewe:Fleet:{nameof(CutOffAfter)}: must be 0 to 1 hour.";
        }
        else if (CutOffAfter > TimeSpan.Zero && RenewInterval > TimeSpan.Zero && RenewInterval <= TimeSpan.FromHours(1) && CutOffAfter < 2 * RenewInterval)
        {
            yield return $"Krewe:Fleet:{nameof(CutOffAfter)}: must be 0, or at least twice {nameof(RenewInterval)}.";
        }

        if (MailboxLimit is < 1 or > 10_000_000)
        {
            yield return $"Krewe:Fleet:{nameof(MailboxLimit)}: must be 1 to 10,000,000.";
        }
    }
}
