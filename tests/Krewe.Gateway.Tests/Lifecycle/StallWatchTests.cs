using Krewe.Gateway.Lifecycle;
using Krewe.Testing;

namespace Krewe.Gateway.Tests.Lifecycle;

public sealed class StallWatchTests
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    private readonly ManualTimeProvider _clock = new();
    private readonly StallWatch _watch;

    public StallWatchTests() => _watch = new StallWatch(_clock);

    [Fact]
    public void A_silo_that_runs_is_steady()
    {
        for (var i = 0; i < 50; i++)
        {
            Runs(Beat);
            Assert.True(_watch.IsSteady);
        }
    }

    [Fact]
    public void A_short_delay_is_no_standstill()
    {
        Runs(StallWatch.StallAfter - Beat);
        Assert.True(_watch.IsSteady);
    }

    [Fact]
    public void A_standstill_shows_before_the_watch_runs_again()
    {
        _clock.Advance(StallWatch.StallAfter);
        Assert.False(_watch.IsSteady);
    }

    [Fact]
    public void After_a_standstill_the_silo_is_not_ready_until_it_must_know_whether_it_is_a_member()
    {
        using var lifetime = new SiloLifetime(new ShutdownOptions(), _clock);
        lifetime.HoldBy(_watch);
        lifetime.Ready();
        Assert.True(lifetime.IsReady);

        Runs(TimeSpan.FromSeconds(10));
        for (var held = TimeSpan.Zero; held < StallWatch.Hold; held += Beat)
        {
            Assert.False(lifetime.IsReady);
            Runs(Beat);
        }

        Assert.True(lifetime.IsReady);
    }

    [Fact]
    public void A_silo_alone_is_ready_whatever_stood_still()
    {
        using var lifetime = new SiloLifetime(new ShutdownOptions(), _clock);
        lifetime.Ready();
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(lifetime.IsReady);
    }

    [Fact]
    public async Task It_watches_for_as_long_as_it_is_let()
    {
        using var stop = new CancellationTokenSource();
        var watching = _watch.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => _clock.ArmedTimers == 1);
        _clock.Advance(TimeSpan.FromSeconds(10));
        await Eventually.TrueAsync(() => _clock.ArmedTimers == 1);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    /// <summary>So much time passes without a beat, and then there is one.</summary>
    private void Runs(TimeSpan after)
    {
        _clock.Advance(after);
        _watch.Beat();
    }
}
