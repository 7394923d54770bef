using Krewe.Core.Identity;
using Krewe.Core.Load;
using Krewe.Core.Routing.Prefix;
using Krewe.Fleet.Hosting;

namespace Krewe.Fleet.Tests.Feeds;

/// <summary>What others route by does not wait for the regular frame, and never makes more frames than its pause allows.</summary>
public sealed class UrgentFrameTests : IAsyncDisposable
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    private readonly SharedWorld _world = new("east", "west", "north");
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private long _counter;

    public UrgentFrameTests()
    {
        _world.Pass(2 * new FleetOptions().FrameInterval);
        Say(reserved: 0);
        _world.Pass(new FleetOptions().FrameInterval);
        _world.Sent.Clear();
        _running = _world["east"].Sharing.RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
        _stop.Dispose();
        _world.Dispose();
    }

    [Fact]
    public void A_reservation_is_seen_elsewhere_after_a_millisecond()
    {
        Say(reserved: 2);
        _world.Time.Advance(Millisecond);

        Assert.Equal((2, 2), (_world["west"].Reserved("a"), _world["north"].Reserved("a")));
    }

    [Fact]
    public void An_engines_own_report_waits()
    {
        Say(reserved: 0, running: 3);
        _world.Time.Advance(20 * Millisecond);

        Assert.Empty(_world.Sent);
    }

    [Fact]
    public void A_prompt_that_was_learned_goes_at_once()
    {
        _world["east"].Fleet.Publisher.Publish(new PrefixLesson(World.Id("a"), new Epoch(1), new ulong[] { 1, 2 }));
        _world.Time.Advance(Millisecond);

        Assert.Equal(2, _world.Sent.Count);
    }

    [Fact]
    public void A_lost_epoch_goes_at_once()
    {
        _world["east"].Fleet.Publisher.PublishEpochLost(World.Id("a"), new Epoch(1), null);
        _world.Time.Advance(Millisecond);

        Assert.Equal(2, _world.Sent.Count);
    }

    [Fact]
    public void However_much_there_is_to_tell_the_pause_is_kept_and_the_newest_told()
    {
        // Two silos are told: 5 ms for each.
        for (var i = 1; i <= 40; i++)
        {
            Say(reserved: i);
            _world.Time.Advance(Millisecond);
        }

        Assert.InRange(_world.Sent.Count(sent => sent.To == new SiloId("west")), 4, 5);
        _world.Time.Advance(10 * Millisecond);
        Assert.Equal(40, _world["west"].Reserved("a"));
    }

    private void Say(int reserved, int running = 0) => _world["east"].Fleet.Publisher.Publish(
        SharedWorld.View("a", ++_counter, reserved, registration: Registration) with
        {
            Load = new LoadSnapshot(reserved, reserved, 0, new ReportedLoad(running, 0, 0, 0, 0, 0)),
        });

    private static Core.Instances.Registration Registration { get; } = World.Registration("a");
}
