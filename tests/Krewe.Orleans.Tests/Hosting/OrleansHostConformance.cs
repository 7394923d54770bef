using Krewe.HostConformance;

namespace Krewe.Orleans.Tests.Hosting;

public sealed class OrleansRegistrationConformance(OrleansHostFixture host) : RegistrationConformance(host), IClassFixture<OrleansHostFixture>;

public sealed class OrleansLivenessConformance(OrleansHostFixture host) : LivenessConformance(host), IClassFixture<OrleansHostFixture>;

public sealed class OrleansBindingConformance(OrleansHostFixture host) : BindingConformance(host), IClassFixture<OrleansHostFixture>;

public sealed class OrleansTurnConformance(OrleansHostFixture host) : TurnConformance(host), IClassFixture<OrleansHostFixture>;

public sealed class OrleansRequestConformance(OrleansHostFixture host) : RequestConformance(host), IClassFixture<OrleansHostFixture>;

public sealed class OrleansDescriptionConformance(OrleansHostFixture host) : DescriptionConformance(host), IClassFixture<OrleansHostFixture>;

public sealed class OrleansQueueConformance(OrleansHostFixture host) : QueueConformance(host), IClassFixture<OrleansHostFixture>;

public sealed class OrleansPoolConformance(OrleansHostFixture host) : PoolConformance(host), IClassFixture<OrleansHostFixture>;

public sealed class OrleansRestartConformance(OrleansHostFixture host) : RestartConformance(host), IClassFixture<OrleansHostFixture>;
