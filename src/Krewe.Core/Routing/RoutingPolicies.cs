using System.Diagnostics.CodeAnalysis;
using Krewe.Core.Routing.Prefix;

namespace Krewe.Core.Routing;

/// <summary>The policies by name. A new one is added to <see cref="All"/>.</summary>
public static class RoutingPolicies
{
    public const string PowerOfTwo = "power-of-two";
    public const string LeastLoaded = "least-loaded";
    public const string RoundRobin = "round-robin";
    public const string PrefixAware = "prefix-aware";

    /// <summary>What a pool uses that names none.</summary>
    public const string DefaultName = PowerOfTwo;

    public static IReadOnlyList<IRoutingPolicy> All { get; } =
        [new PowerOfTwoPolicy(), new LeastLoadedPolicy(), new RoundRobinPolicy(), new PrefixAwarePolicy()];

    public static bool TryGet(string? name, [NotNullWhen(true)] out IRoutingPolicy? policy)
    {
        foreach (var known in All)
        {
            if (string.Equals(known.Name, name, StringComparison.Ordinal))
            {
                policy = known;
                return true;
            }
        }

        policy = null;
        return false;
    }
}
