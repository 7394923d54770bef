namespace Krewe.Core.Pools;

/// <summary>Why a pool does not take a registration. A closed set.</summary>
public enum RegistrationFaultKind
{
    /// <summary>Instances may not register themselves there.</summary>
    PoolClosed,

    /// <summary>It serves another model.</summary>
    OtherModel,

    /// <summary>This build does not speak the engine's protocol.</summary>
    ProtocolUnsupported,

    /// <summary>The role is one that the engine's protocol does not know.</summary>
    RoleUnfit,

    /// <summary>The address is not within the pool's networks.</summary>
    AddressRefused,

    /// <summary>A capacity that cannot be.</summary>
    CapacityOutOfRange,
}
