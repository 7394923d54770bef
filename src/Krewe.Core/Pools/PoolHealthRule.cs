using System.Globalization;
using Krewe.Core.Instances;
using Krewe.Core.Protocols;

namespace Krewe.Core.Pools;

/// <summary>
/// Tells degraded from down. Down: no request can be served whole (by a mixed instance, by a pair, or by a decode
/// instance that can prefill), or an instance is lost and the mode is fail-fast. Degraded: it serves, but an instance is
/// lost or a role has nobody. Healthy: else. What operators set aside is not lost, and what is still joining is not either.
/// </summary>
public static class PoolHealthRule
{
    private static readonly InstanceRole[] Order = [InstanceRole.Prefill, InstanceRole.Decode, InstanceRole.Mixed];

    public static PoolHealthReport Evaluate(IReadOnlyCollection<PoolMember> members, FailureMode mode)
    {
        ArgumentNullException.ThrowIfNull(members);
        var present = members.Where(member => member.Admin is not AdminState.Drained).ToList();
        List<RoleHealth> roles = [.. Order
            .Select(role => new RoleHealth(
                role,
                present.Count(member => member.Role == role && member.Schedulable),
                present.Count(member => member.Role == role)))
            .Where(role => role.Total > 0)];
        var lost = present.Count(member => member.IsLost);
        var (health, reason, text) = Judge(present, roles, lost, mode);
        return new PoolHealthReport(health, reason, text, roles);
    }

    private static (PoolHealth Health, PoolHealthReason Reason, string Text) Judge(
        List<PoolMember> present, List<RoleHealth> roles, int lost, FailureMode mode)
    {
        if (present.Count == 0)
        {
            return (PoolHealth.Down, PoolHealthReason.NoInstances, "no instances");
        }

        if (mode is FailureMode.FailFast && lost > 0)
        {
            return (PoolHealth.Down, PoolHealthReason.FailedFast, $"{Lost(lost, present.Count)}; the failure mode is fail-fast");
        }

        var manned = string.Join(", ", roles.Select(role => string.Create(
            CultureInfo.InvariantCulture, $"{role.Role.ToString().ToLowerInvariant()} {role.Schedulable} of {role.Total}")));
        if (!CanServe(present))
        {
            return present.TrueForAll(member => member.IsSetAside)
                ? (PoolHealth.Down, PoolHealthReason.AllSetAside, "every instance is cordoned or draining")
                : lost == 0 && present.Exists(member => member.IsStarting)
                    ? (PoolHealth.Down, PoolHealthReason.Starting, $"instances are joining; schedulable: {manned}")
                    : (PoolHealth.Down, PoolHealthReason.CannotServe, $"no request can be served; schedulable: {manned}");
        }

        if (lost > 0)
        {
            return (PoolHealth.Degraded, PoolHealthReason.InstancesLost, $"{Lost(lost, present.Count)}; schedulable: {manned}");
        }

        return roles.Exists(role => role.Schedulable == 0)
            ? (PoolHealth.Degraded, PoolHealthReason.RoleUnserved, $"a role has no schedulable instance: {manned}")
            : (PoolHealth.Healthy, PoolHealthReason.AllServing, $"schedulable: {manned}");
    }

    private static bool CanServe(List<PoolMember> present) => present.Exists(member => member.Schedulable && member.Role switch
    {
        InstanceRole.Mixed => true,
        InstanceRole.Decode => member.Protocol.DecodeCanPrefill() || present.Exists(other => IsPair(other, member)),
        _ => false,
    });

    private static bool IsPair(PoolMember prefill, PoolMember decode) =>
        prefill.Role is InstanceRole.Prefill
        && prefill.Schedulable
        && prefill.Protocol == decode.Protocol
        && prefill.Protocol.CanDisaggregate()
        && prefill.TransferGroup == decode.TransferGroup;

    private static string Lost(int lost, int total) =>
        string.Create(CultureInfo.InvariantCulture, $"{lost} of {total} instances lost");
}
