using Krewe.Fleet.Feeds;
using Orleans.Concurrency;
using Orleans.Services;

namespace Krewe.Orleans.Feeds;

/// <summary>What silos say to each other, apart from actors: addressed by silo, so that no directory is asked.</summary>
[Alias("krewe.feed")]
internal interface IFeedService : IGrainService
{
    /// <remarks>One that is lost leaves a gap in the numbers, which a snapshot fills.</remarks>
    [Alias("frame")]
    [OneWay]
    ValueTask FrameAsync(FleetFrame frame);

    [Alias("renew")]
    ValueTask<FeedReply> RenewAsync(FeedRenewal renewal);
}
