using Krewe.Core.Feeds;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Routing;
using Krewe.Core.Tests.Routing;

namespace Krewe.Core.Tests.Feeds;

public sealed class FramePaceTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    [Theory]
    [InlineData(1, 100, 1)]
    [InlineData(2, 0, 10)]
    [InlineData(2, 4, 6)]
    [InlineData(2, 9.5, 1)]
    [InlineData(7, 0, 35)]
    [InlineData(63, 0, 50)]
    public void UrgentIn_FollowersAndTimeSinceTheLast_KeepsThePauseOfEachButNeverMoreThanTheInterval(int followers, double sinceMs, double expectedMs) =>
        Assert.Equal(TimeSpan.FromMilliseconds(expectedMs), FramePace.UrgentIn(TimeSpan.FromMilliseconds(sinceMs), followers, Interval));

    [Fact]
    public void UrgentIn_NoneWentYet_IsTheTimeOfGathering() =>
        Assert.Equal(FramePace.Gather, FramePace.UrgentIn(TimeSpan.MaxValue, 3, Interval));

    [Fact]
    public void IsUrgent_WhatRoutingReadsAndTheActorDecided_IsAndTheEnginesReportIsNot()
    {
        var told = Views.Of("a", requests: 2, tokens: 10);

        Assert.All(
            [
                told.WithLoad(3), told with { Load = told.Load with { ReservedTokens = 11 } }, told with { Schedulable = false }, told with { Limit = 3 },
                told with { Liveness = Liveness.LeaseLost }, told with { Version = new ViewVersion(new Epoch(2), 1, 1) },
            ],
            now => Assert.True(FramePace.IsUrgent(told, now), now.ToString()));
        Assert.False(FramePace.IsUrgent(told, told.WithLoad(2) with { Load = new LoadSnapshot(2, 10, 0, new ReportedLoad(4, 1, 0.5, 100, 0, 0)) }));
    }
}
