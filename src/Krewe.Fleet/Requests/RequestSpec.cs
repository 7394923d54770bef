using Krewe.Core.Identity;
using Krewe.Core.Requests;
using Krewe.Core.Retry;

namespace Krewe.Fleet.Requests;

/// <summary>What routing needs to know of a request.</summary>
public sealed record RequestSpec
{
    public required PoolName Pool { get; init; }

    /// <summary>Whose request it is. Default: anonymous.</summary>
    public TenantId Tenant { get; init; }

    /// <summary>The model as the client named it.</summary>
    public required string Model { get; init; }

    /// <summary>What it asks for.</summary>
    public RequestOperation Operation { get; init; }

    /// <summary>Estimated prompt tokens.</summary>
    public required long PromptTokens { get; init; }

    /// <summary>The prompt's chain of block hashes, for pools whose policy looks at prefixes; else empty.</summary>
    public ReadOnlyMemory<ulong> Prefix { get; init; }

    /// <summary>Whether its prefill and decode may be two instances; not for list prompts or several choices.</summary>
    public required bool AllowDisaggregated { get; init; }

    public required bool Stream { get; init; }

    /// <summary>End to end, on this silo's clock.</summary>
    public required Deadline Deadline { get; init; }

    /// <summary>Cancelled when the client has gone: ends a wait in the queue or for a retry. Never leaves the silo.</summary>
    public CancellationToken ClientGone { get; init; }

    /// <summary>To be taken by whoever runs the request; null where there can be only one. Never leaves the silo.</summary>
    public RequestClaim? Claim { get; init; }
}
