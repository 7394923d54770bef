using Krewe.Core.Identity;
using Krewe.Core.Protocols;

namespace Krewe.Core.Instances;

/// <summary>What an incarnation said of itself when it registered.</summary>
public sealed record Registration
{
    public required IncarnationId Incarnation { get; init; }

    public required InstanceRole Role { get; init; }

    public required EngineProtocol Protocol { get; init; }

    /// <summary>Where the engine listens: an absolute http or https URL.</summary>
    public required Uri Url { get; init; }

    public required string Model { get; init; }

    public required TransferGroup TransferGroup { get; init; }

    public required InstanceCapacity Capacity { get; init; }

    /// <summary>Whether this says the same life at the same place with the same role: then it renews, else it is a new epoch.</summary>
    public bool IsSameLife(Registration other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Incarnation == other.Incarnation && Role == other.Role && Url == other.Url;
    }
}
