using Krewe.Core.Identity;
using Krewe.Fleet.Feeds;
using Krewe.Orleans.Membership;
using Orleans.Runtime.Services;

namespace Krewe.Orleans.Feeds;

/// <summary>Reaches other silos by the names that the membership has for them.</summary>
internal sealed class FeedServiceClient(IServiceProvider services, ClusterRoster roster) : GrainServiceClient<IFeedService>(services), IFleetPeers
{
    public ValueTask SendAsync(SiloId to, FleetFrame frame) => At(to).FrameAsync(frame);

    public ValueTask<FeedReply> RenewAsync(SiloId to, FeedRenewal renewal) => At(to).RenewAsync(renewal);

    private IFeedService At(SiloId silo) =>
        GetGrainService(roster.AddressOf(silo) ?? throw new InvalidOperationException($"Silo {silo} is not a member."));
}
