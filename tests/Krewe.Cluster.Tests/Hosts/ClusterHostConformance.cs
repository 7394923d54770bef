using Krewe.HostConformance;

namespace Krewe.Cluster.Tests.Hosts;

public sealed class ClusterRegistrationConformance(ClusterHostFixture host) : RegistrationConformance(host), IClassFixture<ClusterHostFixture>;

public sealed class ClusterBindingConformance(ClusterHostFixture host) : BindingConformance(host), IClassFixture<ClusterHostFixture>;

public sealed class ClusterLivenessConformance(ClusterHostFixture host) : LivenessConformance(host), IClassFixture<ClusterHostFixture>;

public sealed class ClusterPoolConformance(ClusterHostFixture host) : PoolConformance(host), IClassFixture<ClusterHostFixture>;

public sealed class ClusterRequestConformance(ClusterHostFixture host) : RequestConformance(host), IClassFixture<ClusterHostFixture>;

public sealed class ClusterDescriptionConformance(ClusterHostFixture host) : DescriptionConformance(host), IClassFixture<ClusterHostFixture>;

public sealed class ClusterQueueConformance(ClusterHostFixture host) : QueueConformance(host), IClassFixture<ClusterHostFixture>;

public sealed class ClusterTurnConformance(ClusterHostFixture host) : TurnConformance(host), IClassFixture<ClusterHostFixture>;
