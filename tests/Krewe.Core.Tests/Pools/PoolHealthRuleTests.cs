using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;
using Krewe.Core.Tests.Routing;

namespace Krewe.Core.Tests.Pools;

public sealed class PoolHealthRuleTests
{
    /// <summary>
    /// Members as words: role (p, d, m), then state: + schedulable, ~ lease lost and schedulable, ! suspect, x removed,
    /// b breaker open, j joining, c cordoned, e emptying (draining), z drained; then perhaps a transfer group, and o for
    /// the plain OpenAI protocol.
    /// </summary>
    [Theory]
    [InlineData("", PoolHealth.Down, PoolHealthReason.NoInstances)]
    [InlineData("z=p z=d", PoolHealth.Down, PoolHealthReason.NoInstances)]
    [InlineData("+=p +=p +=d +=d", PoolHealth.Healthy, PoolHealthReason.AllServing)]
    [InlineData("+=m ~=m", PoolHealth.Healthy, PoolHealthReason.AllServing)]
    [InlineData("+=m j=m", PoolHealth.Healthy, PoolHealthReason.AllServing)]
    [InlineData("+=m c=m e=m z=m", PoolHealth.Healthy, PoolHealthReason.AllServing)]
    [InlineData("+=p !=p +=d +=d", PoolHealth.Degraded, PoolHealthReason.InstancesLost)]
    [InlineData("+=p x=p +=d +=d", PoolHealth.Degraded, PoolHealthReason.InstancesLost)]
    [InlineData("+=p b=p +=d +=d", PoolHealth.Degraded, PoolHealthReason.InstancesLost)]
    [InlineData("!=p +=d", PoolHealth.Degraded, PoolHealthReason.InstancesLost)]
    [InlineData("c=p +=d", PoolHealth.Degraded, PoolHealthReason.RoleUnserved)]
    [InlineData("+=d", PoolHealth.Healthy, PoolHealthReason.AllServing)]
    [InlineData("+=p !=d", PoolHealth.Down, PoolHealthReason.CannotServe)]
    [InlineData("+=p", PoolHealth.Down, PoolHealthReason.CannotServe)]
    [InlineData("+=p +=do", PoolHealth.Down, PoolHealthReason.CannotServe)]
    [InlineData("+=p@a +=do@a", PoolHealth.Down, PoolHealthReason.CannotServe)]
    [InlineData("+=po +=do", PoolHealth.Down, PoolHealthReason.CannotServe)]
    [InlineData("!=m x=m", PoolHealth.Down, PoolHealthReason.CannotServe)]
    [InlineData("!=m c=m", PoolHealth.Down, PoolHealthReason.CannotServe)]
    [InlineData("c=m e=m", PoolHealth.Down, PoolHealthReason.AllSetAside)]
    [InlineData("j=m", PoolHealth.Down, PoolHealthReason.Starting)]
    [InlineData("j=m c=m", PoolHealth.Down, PoolHealthReason.Starting)]
    [InlineData("j=m !=m", PoolHealth.Down, PoolHealthReason.CannotServe)]
    public void Evaluate_Resilient_TellsDegradedFromDown(string members, PoolHealth health, PoolHealthReason reason)
    {
        var report = PoolHealthRule.Evaluate(Members(members), FailureMode.Resilient);
        Assert.Equal((health, reason), (report.Health, report.Reason));
        Assert.NotEmpty(report.Text);
    }

    [Theory]
    [InlineData("+=m +=m", PoolHealth.Healthy, PoolHealthReason.AllServing)]
    [InlineData("+=m !=m", PoolHealth.Down, PoolHealthReason.FailedFast)]
    [InlineData("+=m b=m", PoolHealth.Down, PoolHealthReason.FailedFast)]
    [InlineData("+=m c=m e=m", PoolHealth.Healthy, PoolHealthReason.AllServing)]
    [InlineData("+=m j=m", PoolHealth.Healthy, PoolHealthReason.AllServing)]
    [InlineData("", PoolHealth.Down, PoolHealthReason.NoInstances)]
    public void Evaluate_FailFast_IsDownAtTheFirstLoss(string members, PoolHealth health, PoolHealthReason reason)
    {
        var report = PoolHealthRule.Evaluate(Members(members), FailureMode.FailFast);
        Assert.Equal((health, reason), (report.Health, report.Reason));
    }

    [Fact]
    public void Evaluate_CountsPerRoleThatThePoolHas()
    {
        var report = PoolHealthRule.Evaluate(Members("+=p !=p c=p z=p +=d"), FailureMode.Resilient);
        Assert.Equal([new RoleHealth(InstanceRole.Prefill, 1, 3), new RoleHealth(InstanceRole.Decode, 1, 1)], report.Roles);
        Assert.Equal("1 of 4 instances lost; schedulable: prefill 1 of 3, decode 1 of 1", report.Text);
    }

    [Fact]
    public void Of_View_TakesWhatHealthNeeds()
    {
        var member = PoolMember.Of(Views.Prefill("p1", group: "a", liveness: Liveness.LeaseLost));
        Assert.Equal(new PoolMember(InstanceRole.Prefill, EngineProtocol.Vllm, new TransferGroup("a"), Liveness.LeaseLost, AdminState.Open, true), member);
    }

    private static List<PoolMember> Members(string words) => [.. words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Member)];

    private static PoolMember Member(string word)
    {
        var (state, kind) = (word[0], word[2..]);
        var group = kind.Contains('@', StringComparison.Ordinal) ? kind[(kind.IndexOf('@', StringComparison.Ordinal) + 1)..] : "default";
        var role = kind[0] switch
        {
            'p' => InstanceRole.Prefill,
            'd' => InstanceRole.Decode,
            _ => InstanceRole.Mixed,
        };
        var liveness = state switch
        {
            '~' => Liveness.LeaseLost,
            '!' => Liveness.Suspect,
            'x' => Liveness.Removed,
            'j' => Liveness.Joining,
            _ => Liveness.Active,
        };
        var admin = state switch
        {
            'c' => AdminState.Cordoned,
            'e' => AdminState.Draining,
            'z' => AdminState.Drained,
            _ => AdminState.Open,
        };
        return new PoolMember(
            role,
            kind.Length > 1 && kind[1] == 'o' ? EngineProtocol.OpenAI : EngineProtocol.Vllm,
            new TransferGroup(group),
            liveness,
            admin,
            Schedulable: state is '+' or '~');
    }
}
