using Krewe.Core.Identity;
using Krewe.Core.Retry;

namespace Krewe.Core.Requests;

/// <summary>What is fixed about a request when it is admitted.</summary>
public sealed record RequestTerms
{
    public required RequestId Id { get; init; }

    public required PoolName Pool { get; init; }

    /// <summary>Whose request it is. Default: anonymous.</summary>
    public TenantId Tenant { get; init; }

    /// <summary>The model as the client named it.</summary>
    public required string Model { get; init; }

    /// <summary>Whether the client sees the answer as it comes. If not, it has seen nothing until the end, and any attempt can be run again.</summary>
    public required bool Streaming { get; init; }

    public required Deadline Deadline { get; init; }

    public RetryPolicy Retry { get; init; } = RetryPolicy.Default;
}
