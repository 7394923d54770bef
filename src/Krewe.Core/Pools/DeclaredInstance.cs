using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Protocols;

namespace Krewe.Core.Pools;

/// <summary>An engine without an agent, named in the pool's configuration and polled by us.</summary>
public sealed record DeclaredInstance
{
    public required InstanceName Name { get; init; }

    /// <summary>Default mixed.</summary>
    public InstanceRole Role { get; init; } = InstanceRole.Mixed;

    /// <summary>Default openai.</summary>
    public EngineProtocol Protocol { get; init; } = EngineProtocol.OpenAI;

    /// <summary>An absolute http or https URL without user info, query or fragment.</summary>
    public required Uri Url { get; init; }

    /// <summary>Default <c>default</c>.</summary>
    public TransferGroup TransferGroup { get; init; } = new("default");

    /// <summary>Default: <see cref="InstanceCapacity.DefaultMaxConcurrency"/> requests at a time, cache size not told.</summary>
    public InstanceCapacity Capacity { get; init; } = new(InstanceCapacity.DefaultMaxConcurrency, 0, 0);
}
