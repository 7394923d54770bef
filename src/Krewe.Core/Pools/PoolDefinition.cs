using System.Net;
using Krewe.Core.Identity;
using Krewe.Core.Retry;
using Krewe.Core.Routing;

namespace Krewe.Core.Pools;

/// <summary>
/// A pool as configured. Immutable; made by <see cref="PoolsFile"/>, which checks every value, or by
/// <see cref="ForModel"/>. Defaults are those of the pools file.
/// </summary>
public sealed record PoolDefinition
{
    public required PoolName Name { get; init; }

    /// <summary>The model that the pool serves: what clients ask for and what engines are sent.</summary>
    public required string Model { get; init; }

    /// <summary>Further names under which clients may ask for the model. Default none.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>One of <see cref="RoutingPolicies"/>. Default <c>power-of-two</c>.</summary>
    public string Policy { get; init; } = RoutingPolicies.DefaultName;

    /// <summary>Default resilient.</summary>
    public FailureMode FailureMode { get; init; } = FailureMode.Resilient;

    /// <summary>Time of a request that brings no deadline of its own, end to end. Default 10 min; 1 ms to 1 day.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Longest silence of an engine within an answer. Default 4 s; 1 ms to 1 h.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Default auto.</summary>
    public ContinuationMode Continuation { get; init; } = ContinuationMode.Auto;

    public RetryPolicy Retry { get; init; } = RetryPolicy.Default;

    /// <summary>Most requests that wait for room, per silo. Default 1,000; 0 to 100,000.</summary>
    public int QueueLimit { get; init; } = 1000;

    /// <summary>Longest wait for room. Default 30 s; 0 to 1 day.</summary>
    public TimeSpan QueueMaxWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an instance's lease lasts without renewal. Default 3 s; 100 ms to 10 min.</summary>
    public TimeSpan LeaseTtl { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long an instance may be suspect before it is removed. Default 15 s; 100 ms to 1 h.</summary>
    public TimeSpan SuspectWindow { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Whether instances may register themselves. Default true.</summary>
    public bool Open { get; init; } = true;

    /// <summary>Where its engines may be: anything else is not dialled. Default this machine only: <c>127.0.0.0/8</c> and <c>::1/128</c>.</summary>
    public IReadOnlyList<IPNetwork> Addresses { get; init; } = LoopbackOnly;

    /// <summary>Engines without an agent, polled by us. Default none.</summary>
    public IReadOnlyList<DeclaredInstance> Instances { get; init; } = [];

    private static IReadOnlyList<IPNetwork> LoopbackOnly { get; } = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    /// <summary>A pool with nothing but defaults: what is made when an engine registers into a pool that nobody configured.</summary>
    public static PoolDefinition ForModel(PoolName name, string model)
    {
        ArgumentException.ThrowIfNullOrEmpty(model);
        return new PoolDefinition { Name = name, Model = model };
    }

    /// <summary>Whether clients may ask for this pool's model under this name.</summary>
    public bool Serves(string model) =>
        string.Equals(Model, model, StringComparison.Ordinal) || Aliases.Contains(model, StringComparer.Ordinal);

    /// <summary>Whether an engine may be dialled at this address, by <see cref="EngineAddressRule"/>.</summary>
    public bool Allows(IPAddress address) => EngineAddressRule.Allows(Addresses, address);
}
