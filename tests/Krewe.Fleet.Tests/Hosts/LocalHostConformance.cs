using Krewe.HostConformance;

namespace Krewe.Fleet.Tests;

/// <summary>The conformance suite on the local host.</summary>
public static class LocalHostConformance
{
    public sealed class Registrations(LocalHostFixture host) : RegistrationConformance(host), IClassFixture<LocalHostFixture>;

    public sealed class Bindings(LocalHostFixture host) : BindingConformance(host), IClassFixture<LocalHostFixture>;

    public sealed class LivenessOfInstances(LocalHostFixture host) : LivenessConformance(host), IClassFixture<LocalHostFixture>;

    public sealed class Restarts(LocalHostFixture host) : RestartConformance(host), IClassFixture<LocalHostFixture>;

    public sealed class Pools(LocalHostFixture host) : PoolConformance(host), IClassFixture<LocalHostFixture>;

    public sealed class Requests(LocalHostFixture host) : RequestConformance(host), IClassFixture<LocalHostFixture>;

    public sealed class Descriptions(LocalHostFixture host) : DescriptionConformance(host), IClassFixture<LocalHostFixture>;

    public sealed class Queues(LocalHostFixture host) : QueueConformance(host), IClassFixture<LocalHostFixture>;

    public sealed class Turns(LocalHostFixture host) : TurnConformance(host), IClassFixture<LocalHostFixture>;
}
