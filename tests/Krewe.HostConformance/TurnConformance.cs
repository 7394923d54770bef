using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Fleet.Instances;
using Krewe.Testing;
using Xunit;

namespace Krewe.HostConformance;

/// <summary>An actor's turns never overlap, whoever calls from wherever.</summary>
public abstract class TurnConformance(HostFixture host) : ConformanceTest(host)
{
    private const int Callers = 64;
    private const int Rounds = 20;

    [Fact]
    public async Task Every_answer_of_an_instance_is_of_a_moment_of_its_own()
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a", limit: Callers * Rounds);

        var replies = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            var mine = new List<BindReply>();
            for (var round = 0; round < Rounds; round++)
            {
                mine.Add(await pool.BindAsync("a", epoch, TestPool.NewLeg(), tokens: 1));
            }

            return mine;
        })));

        // Overlapping turns would lose a count, or give one twice.
        var inOrder = replies.SelectMany(mine => mine).OrderBy(reply => reply.View!.Version).ToList();
        Assert.All(inOrder, reply => Assert.Equal(BindOutcome.Bound, reply.Outcome));
        Assert.Equal(Enumerable.Range(1, Callers * Rounds), inOrder.Select(reply => reply.View!.Load.ReservedRequests));
        Assert.Equal(Callers * Rounds, inOrder.Select(reply => reply.View!.Version).Distinct().Count());
        await pool.ReservedAsync("a", Callers * Rounds);
    }

    [Fact]
    public async Task Turns_of_calls_timers_and_probes_do_not_overlap()
    {
        var pool = await PoolAsync(Brief);
        var epoch = await pool.ActivateAsync("a");

        // Each of these has the actor ask for a probe within its turn; its timers and the probes' results run meanwhile.
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                await pool.Instance("a").ObserveAsync(new Observation(ObservationKind.ConnectionFailed, epoch));
                await pool.HeartbeatAsync("a", (round * Callers) + caller);
                await pool.RegisterAsync("a");
            }
        })));

        Assert.Equal(0, Host.Probe.Overlaps);
        Assert.True(Host.Probe.Asked(pool.Url("a")) > 1);
    }

    [Fact]
    public async Task Load_comes_and_goes_and_ends_at_zero()
    {
        var pool = await PoolAsync();
        var epoch = await pool.ActivateAsync("a", limit: 16);

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                var leg = TestPool.NewLeg(caller % 2 == 0 ? LegKind.Prefill : LegKind.Decode);
                var reply = await pool.BindAsync("a", epoch, leg, tokens: 7);
                Assert.InRange(reply.View!.Load.ReservedRequests, 0, 16);
                if (reply.Outcome == BindOutcome.Bound)
                {
                    await pool.ReleaseAsync("a", epoch, leg);
                }
            }
        })));

        await Eventually.TrueAsync(() => pool.View("a")!.Load is { ReservedRequests: 0, ReservedTokens: 0 });
        Assert.Equal(Liveness.Active, pool.View("a")!.Liveness);
    }
}
