using Krewe.Core.Identity;

namespace Krewe.Fleet.Feeds;

/// <summary>How silos reach each other, apart from actors.</summary>
public interface IFleetPeers
{
    /// <summary>Sends a frame. One way: nobody waits for it, and it may be lost.</summary>
    ValueTask SendAsync(SiloId to, FleetFrame frame);

    /// <summary>Renews the subscription to the feed of <paramref name="to"/>.</summary>
    ValueTask<FeedReply> RenewAsync(SiloId to, FeedRenewal renewal);
}
