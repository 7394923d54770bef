using Krewe.Fleet.Feeds;
using Microsoft.Extensions.Logging;

namespace Krewe.Orleans.Feeds;

/// <summary>This silo's end of what silos say to each other.</summary>
internal sealed class FeedService(GrainId id, global::Orleans.Runtime.Silo silo, ILoggerFactory loggers, FleetSharing sharing) : GrainService(id, silo, loggers), IFeedService
{
    public ValueTask FrameAsync(FleetFrame frame)
    {
        sharing.OnFrame(frame);
        return ValueTask.CompletedTask;
    }

    public ValueTask<FeedReply> RenewAsync(FeedRenewal renewal) => ValueTask.FromResult(sharing.OnRenewal(renewal));
}
