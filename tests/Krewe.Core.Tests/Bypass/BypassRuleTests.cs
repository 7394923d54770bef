using Krewe.Core.Bypass;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Routing;
using Krewe.Core.Tests.Routing;

namespace Krewe.Core.Tests.Bypass;

public sealed class BypassRuleTests
{
    private static readonly TimeSpan Limit = BypassRule.DefaultLimit;

    public static TheoryData<BypassVerdict, InstanceView, TimeSpan> Verdicts => new()
    {
        { BypassVerdict.Bound, Views.Of("a", requests: 9, limit: 10), TimeSpan.Zero },
        { BypassVerdict.Bound, Views.Of("a", liveness: Liveness.LeaseLost), Limit - TimeSpan.FromTicks(1) },
        { BypassVerdict.EpochMoved, Views.Of("a", epoch: 2), TimeSpan.Zero },
        { BypassVerdict.NotSchedulable, Views.Of("a", schedulable: false), TimeSpan.Zero },
        { BypassVerdict.OnTrial, Views.Of("a") with { Breaker = BreakerState.HalfOpen }, TimeSpan.Zero },
        { BypassVerdict.TooLong, Views.Of("a"), Limit },
        { BypassVerdict.Full, Views.Of("a", requests: 10, limit: 10), TimeSpan.Zero },
    };

    [Theory]
    [MemberData(nameof(Verdicts))]
    public void What_may_be_bound_without_its_actor(BypassVerdict expected, InstanceView known, TimeSpan unreachedFor) =>
        Assert.Equal(expected, BypassRule.Decide(known, new Epoch(1), unreachedFor, Limit));

    [Fact]
    public void A_limit_of_zero_allows_nothing() =>
        Assert.Equal(BypassVerdict.TooLong, BypassRule.Decide(Views.Of("a"), new Epoch(1), TimeSpan.Zero, TimeSpan.Zero));

    [Fact]
    public void Each_cause_and_verdict_has_a_word_of_its_own()
    {
        Assert.Distinct(Enum.GetValues<BypassCause>().Select(cause => cause.MetricTag()));
        Assert.Distinct(Enum.GetValues<BypassVerdict>().Select(verdict => verdict.MetricTag()));
    }
}
