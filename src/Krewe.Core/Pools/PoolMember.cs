using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Protocols;
using Krewe.Core.Routing;

namespace Krewe.Core.Pools;

/// <summary>What a pool's health depends on, of one instance.</summary>
public readonly record struct PoolMember(
    InstanceRole Role, EngineProtocol Protocol, TransferGroup TransferGroup, Liveness Liveness, AdminState Admin, bool Schedulable)
{
    /// <summary>Taken out of service on purpose.</summary>
    public bool IsSetAside => Admin is not AdminState.Open;

    /// <summary>Registered, and not confirmed yet.</summary>
    public bool IsStarting => !IsSetAside && Liveness is Liveness.Joining;

    /// <summary>Should serve and does not: its process, its lease or its breaker failed.</summary>
    public bool IsLost => !IsSetAside && !IsStarting && !Schedulable;

    public static PoolMember Of(InstanceView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        var registration = view.Registration;
        return new PoolMember(registration.Role, registration.Protocol, registration.TransferGroup, view.Liveness, view.Admin, view.Schedulable);
    }
}
