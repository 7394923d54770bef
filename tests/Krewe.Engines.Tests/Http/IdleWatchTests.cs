using Krewe.Engines.Http;
using Krewe.Testing;

namespace Krewe.Engines.Tests.Http;

public class IdleWatchTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(4);

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Silence_for_the_limit_cancels_once_and_not_a_tick_earlier()
    {
        using var watch = new IdleWatch(_time, Limit, CancellationToken.None);
        _time.Advance(Limit - TimeSpan.FromTicks(1));
        Assert.False(watch.Token.IsCancellationRequested);
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.True(watch.Token.IsCancellationRequested && watch.Expired);
    }

    [Fact]
    public void Every_touch_starts_the_silence_anew()
    {
        using var watch = new IdleWatch(_time, Limit, CancellationToken.None);
        for (var i = 0; i < 20; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(3));
            watch.Touch();
        }

        Assert.False(watch.Token.IsCancellationRequested);
        _time.Advance(Limit - TimeSpan.FromTicks(1));
        Assert.False(watch.Token.IsCancellationRequested);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.True(watch.Expired);
    }

    [Fact]
    public async Task The_callers_own_cancelling_is_not_silence()
    {
        using var caller = new CancellationTokenSource();
        using var watch = new IdleWatch(_time, Limit, caller.Token);
        await caller.CancelAsync();

        Assert.True(watch.Token.IsCancellationRequested);
        Assert.False(watch.Expired);
    }

    [Fact]
    public void After_dispose_no_timer_is_left()
    {
        var watch = new IdleWatch(_time, Limit, CancellationToken.None);
        watch.Dispose();

        Assert.Equal(0, _time.ArmedTimers);
        _time.Advance(Limit);
        Assert.False(watch.Expired);
    }
}
