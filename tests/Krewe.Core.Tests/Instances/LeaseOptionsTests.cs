using Krewe.Core.Instances;
using Krewe.Core.Instances.Breaking;

namespace Krewe.Core.Tests.Instances;

public sealed class LeaseOptionsTests
{
    public static TheoryData<string, LeaseOptions> Wrong => new()
    {
        { "Ttl", new LeaseOptions { Ttl = TimeSpan.Zero } },
        { "HeartbeatInterval", new LeaseOptions { HeartbeatInterval = TimeSpan.FromSeconds(2) } },
        { "EngineSeenLimit", new LeaseOptions { EngineSeenLimit = TimeSpan.FromSeconds(3) } },
        { "IncumbentHeard", new LeaseOptions { IncumbentHeard = TimeSpan.FromSeconds(-1) } },
        { "JoinLimit", new LeaseOptions { JoinLimit = TimeSpan.MaxValue } },
        { "JoinProbeInterval", new LeaseOptions { JoinProbeInterval = TimeSpan.Zero } },
        { "AheadProbe:Tries", new LeaseOptions { AheadProbe = new ProbePlan(0, TimeSpan.FromMilliseconds(1), TimeSpan.Zero) } },
        { "AheadProbe", new LeaseOptions { AheadProbe = new ProbePlan(2, TimeSpan.FromSeconds(1), TimeSpan.Zero) } },
        { "DeleteProbe:Timeout", new LeaseOptions { DeleteProbe = new ProbePlan(1, TimeSpan.Zero, TimeSpan.Zero) } },
        { "EvidenceProbe:Pause", new LeaseOptions { EvidenceProbe = new ProbePlan(1, TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(-1)) } },
        { "ProbeGrace", new LeaseOptions { ProbeGrace = TimeSpan.Zero } },
        { "LeaseLostProbeInterval", new LeaseOptions { LeaseLostProbeInterval = TimeSpan.Zero } },
        { "LeaseLostSilence", new LeaseOptions { LeaseLostSilence = TimeSpan.FromSeconds(1) } },
        { "LeaseLostCap", new LeaseOptions { LeaseLostCap = TimeSpan.FromSeconds(1) } },
        { "SuspectProbeInterval", new LeaseOptions { SuspectProbeInterval = TimeSpan.Zero } },
        { "DeadConfirm", new LeaseOptions { DeadConfirm = TimeSpan.FromMilliseconds(500) } },
        { "SuspectWindow", new LeaseOptions { SuspectWindow = TimeSpan.FromSeconds(1) } },
        { "ClockLateThreshold", new LeaseOptions { ClockLateThreshold = TimeSpan.Zero } },
        { "DrainLimit", new LeaseOptions { DrainLimit = TimeSpan.Zero } },
        { "Breaker:ConsecutiveFailures", new LeaseOptions { Breaker = new BreakerOptions { ConsecutiveFailures = 0 } } },
        { "Breaker:FailureRatio", new LeaseOptions { Breaker = new BreakerOptions { FailureRatio = double.NaN } } },
        { "Breaker:MinimumOutcomes", new LeaseOptions { Breaker = new BreakerOptions { MinimumOutcomes = 0 } } },
        { "Breaker:Window", new LeaseOptions { Breaker = new BreakerOptions { Window = TimeSpan.Zero } } },
        { "Breaker:OpenFor", new LeaseOptions { Breaker = new BreakerOptions { OpenFor = TimeSpan.Zero } } },
        { "Breaker:MaxOpenFor", new LeaseOptions { Breaker = new BreakerOptions { MaxOpenFor = TimeSpan.FromSeconds(1) } } },
    };

    [Fact]
    public void The_defaults_are_valid() => Assert.Empty(new LeaseOptions().Validate());

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_value_is_told_with_its_key(string key, LeaseOptions options)
    {
        Assert.Contains(options.Validate("Krewe:Lease"), error => error.StartsWith($"Krewe:Lease:{key} must ", StringComparison.Ordinal));
    }
}
