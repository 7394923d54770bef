using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Protocols;
using Krewe.Core.Routing;

namespace Krewe.Fleet.Pools;

/// <summary>What a pool must know of a member. Versioned: an older notice changes nothing.</summary>
public sealed record MemberNotice(
    InstanceName Name,
    ViewVersion Version,
    InstanceRole Role,
    EngineProtocol Protocol,
    TransferGroup TransferGroup,
    Liveness Liveness,
    AdminState Admin,
    bool Schedulable)
{
    /// <summary>Whether the instance is heard.</summary>
    public Hearing Hearing { get; init; }
}
