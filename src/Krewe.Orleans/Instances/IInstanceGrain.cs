using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Fleet.Instances;
using Orleans.Concurrency;

namespace Krewe.Orleans.Instances;

/// <summary>The calls of <see cref="IInstanceRef"/> as grain calls. Key: <c>pool/name</c>.</summary>
/// <remarks>One way is what heals when it is lost: a release by expiry, an observation by the next, a nudge by the pool's next. A re-assertion is answered: so a silo knows that the actor is there.</remarks>
[Alias("krewe.instance")]
internal interface IInstanceGrain : IGrainWithStringKey
{
    [Alias("register")]
    ValueTask<RegisterReply> RegisterAsync(Registration registration);

    [Alias("heartbeat")]
    ValueTask<HeartbeatReply> HeartbeatAsync(HeartbeatCommand command);

    [Alias("delete")]
    ValueTask<InstanceVerdict> DeleteAsync(IncarnationId incarnation);

    [Alias("administer")]
    ValueTask<InstanceVerdict> AdministerAsync(AdminCommand command);

    [Alias("bind")]
    ValueTask<BindReply> BindAsync(BindCommand command);

    [Alias("release")]
    [OneWay]
    ValueTask ReleaseAsync(ReleaseCommand command);

    [Alias("assert")]
    ValueTask AssertAsync(AssertCommand command);

    [Alias("observe")]
    [OneWay]
    ValueTask ObserveAsync(Observation observation);

    [Alias("nudge")]
    [OneWay]
    ValueTask NudgeAsync();
}
