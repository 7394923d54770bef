using Krewe.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Orleans.Tests.Turns;

/// <summary>A timer of a grain, on a clock that the test moves. Infrastructure runs on real time.</summary>
public sealed class GrainTurnTimerTests : IAsyncLifetime
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _clock = new();
    private IHost _host = null!;

    private ITimerGrain Grain => _host.Services.GetRequiredService<IGrainFactory>().GetGrain<ITimerGrain>("a");

    public async ValueTask InitializeAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(_clock);
        builder.UseOrleans(silo =>
        {
            Krewe.Orleans.Hosting.KreweSiloBuilderExtensions.UseKreweClustering(silo, new Krewe.Orleans.Hosting.KreweOrleansOptions());
            silo.Services.AddKeyedSingleton<TimeProvider>(TimeProviderNames.Grains, _clock);
        });
        _host = builder.Build();
        await _host.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    [Fact]
    public async Task It_fires_once_when_it_is_due_and_not_before()
    {
        await Grain.ScheduleAsync(Second);

        _clock.Advance(Second - TimeSpan.FromTicks(1));
        Assert.Equal(0, await Grain.FiresAsync());
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(1, await Grain.FiresAsync());
        _clock.Advance(10 * Second);
        Assert.Equal(1, await Grain.FiresAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public async Task What_is_due_already_fires_at_once(int seconds)
    {
        await Grain.ScheduleAsync(seconds * Second);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(1, await Grain.FiresAsync());
    }

    [Fact]
    public async Task A_later_schedule_moves_it_in_either_direction()
    {
        await Grain.ScheduleAsync(2 * Second);
        await Grain.ScheduleAsync(4 * Second);
        _clock.Advance(3 * Second);
        Assert.Equal(0, await Grain.FiresAsync());

        await Grain.ScheduleAsync(Second / 2);
        _clock.Advance(Second / 2);
        Assert.Equal(1, await Grain.FiresAsync());
        _clock.Advance(10 * Second);
        Assert.Equal(1, await Grain.FiresAsync());
    }

    [Fact]
    public async Task A_tick_that_was_queued_before_it_was_cancelled_does_not_run()
    {
        await Grain.CancelWhenDueAsync(Second);

        Assert.Equal(0, await Grain.FiresAsync());
        _clock.Advance(10 * Second);
        Assert.Equal(0, await Grain.FiresAsync());

        await Grain.ScheduleAsync(Second);
        _clock.Advance(Second);
        Assert.Equal(1, await Grain.FiresAsync());
    }

    [Fact]
    public async Task A_tick_that_was_queued_before_it_was_moved_does_not_run_and_does_not_undo_the_move()
    {
        await Grain.MoveWhenDueAsync(Second, later: 3 * Second);

        Assert.Equal(0, await Grain.FiresAsync());
        _clock.Advance(2 * Second);
        Assert.Equal(0, await Grain.FiresAsync());
        _clock.Advance(Second);
        Assert.Equal(1, await Grain.FiresAsync());
        _clock.Advance(10 * Second);
        Assert.Equal(1, await Grain.FiresAsync());
    }

    [Fact]
    public async Task A_tick_that_was_queued_before_it_was_disposed_of_does_not_run()
    {
        await Grain.DisposeWhenDueAsync(Second);

        _clock.Advance(10 * Second);
        Assert.Equal(0, await Grain.FiresAsync());
    }

    [Fact]
    public async Task It_can_be_scheduled_again_by_what_it_fires()
    {
        await Grain.RepeatAsync(Second);

        for (var fired = 1; fired <= 5; fired++)
        {
            _clock.Advance(Second);
            Assert.Equal(fired, await Grain.FiresAsync());
        }
    }
}
