using System.Globalization;
using System.Net;
using Krewe.Core.Instances;
using Krewe.Core.Protocols;

namespace Krewe.Core.Pools;

/// <summary>
/// Whether a pool takes a registration: it is open, serves the model, speaks the protocol, the role fits the protocol, the
/// address is within its networks, and the capacity can be. A host name is judged where it is dialled, since only then is
/// its address known.
/// </summary>
public static class RegistrationRule
{
    /// <summary>Largest <see cref="InstanceCapacity.MaxConcurrency"/>.</summary>
    public const int MaxConcurrency = 100_000;

    /// <summary>What an instance that registers itself does wrong; null if nothing.</summary>
    public static RegistrationFault? Check(PoolDefinition pool, Registration registration)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(registration);
        if (!pool.Open)
        {
            return new(RegistrationFaultKind.PoolClosed, "", $"the pool '{pool.Name}' takes no registrations");
        }

        return CheckEngine(pool, registration) ?? CheckCapacity(registration.Capacity);
    }

    /// <summary>The same for an instance that the pool's own definition declares: whether the pool is open does not matter then.</summary>
    public static RegistrationFault? CheckDeclared(PoolDefinition pool, Registration registration)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(registration);
        return CheckEngine(pool, registration);
    }

    private static RegistrationFault? CheckEngine(PoolDefinition pool, Registration registration)
    {
        if (!string.Equals(registration.Model, pool.Model, StringComparison.Ordinal))
        {
            return new(RegistrationFaultKind.OtherModel, "model", $"must be '{pool.Model}', the model of the pool '{pool.Name}'");
        }

        if (!registration.Protocol.IsSupported())
        {
            var supported = Enum.GetValues<EngineProtocol>().Where(protocol => protocol.IsSupported()).Select(protocol => protocol.WireName());
            return new(RegistrationFaultKind.ProtocolUnsupported, "protocol", $"must be one that is supported: {string.Join(", ", supported)}");
        }

        if (registration.Role is not InstanceRole.Mixed && !registration.Protocol.CanDisaggregate())
        {
            return new(RegistrationFaultKind.RoleUnfit, "role", $"must be mixed: the protocol {registration.Protocol.WireName()} does not part prefill from decode");
        }

        return IPAddress.TryParse(registration.Url.DnsSafeHost, out var address) && !pool.Allows(address)
            ? new(RegistrationFaultKind.AddressRefused, "url", $"must be within the addresses of the pool '{pool.Name}'")
            : null;
    }

    private static RegistrationFault? CheckCapacity(InstanceCapacity capacity)
    {
        if (capacity.MaxConcurrency is < 1 or > MaxConcurrency)
        {
            return Range("capacity.maxConcurrency", string.Create(CultureInfo.InvariantCulture, $"must be 1 to {MaxConcurrency}"));
        }

        if (capacity.KvBlocks < 0)
        {
            return Range("capacity.kvBlocks", "must be at least 0");
        }

        return capacity.BlockSize < 0 ? Range("capacity.blockSize", "must be at least 0") : null;

        static RegistrationFault Range(string field, string rule) => new(RegistrationFaultKind.CapacityOutOfRange, field, rule);
    }
}
