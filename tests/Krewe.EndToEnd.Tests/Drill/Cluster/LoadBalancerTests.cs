using Krewe.Bench.Drill;
using Krewe.Bench.Drill.Cluster.Rig;
using Krewe.Bench.Drill.Load;
using Krewe.Bench.Drill.Record;
using Krewe.Testing;
using Krewe.Testing.Stores;

namespace Krewe.EndToEnd.Tests.Drill.Cluster;

/// <summary>What stands before the silos in a drill must not make them look better, or worse, than a balancer does.</summary>
public sealed class LoadBalancerTests
{
    [Fact]
    public async Task Requests_go_in_turn_to_the_silos_that_are_ready()
    {
        await using var one = new ScriptedSilo();
        await using var two = new ScriptedSilo();
        await using var three = new ScriptedSilo { IsReady = false };
        await using var balancer = Before(one, two, three);
        await Eventually.TrueAsync(() => balancer.Ready.Count == 2);

        var names = Enumerable.Range(0, 6).Select(_ => balancer.Next([])!.Name).ToList();

        Assert.Equal(3, names.Count(name => name == "s0"));
        Assert.Equal(3, names.Count(name => name == "s1"));
    }

    [Fact]
    public async Task A_silo_that_fails_its_readiness_gets_no_more()
    {
        await using var one = new ScriptedSilo();
        await using var two = new ScriptedSilo();
        await using var balancer = Before(one, two);
        await Eventually.TrueAsync(() => balancer.Ready.Count == 2);

        one.IsReady = false;

        await Eventually.TrueAsync(() => balancer.Ready is ["s1"]);
        Assert.All(Enumerable.Range(0, 4), _ => Assert.Equal("s1", balancer.Next([])!.Name));
        one.IsReady = true;
        await Eventually.TrueAsync(() => balancer.Ready.Count == 2);
    }

    [Fact]
    public async Task Where_a_silo_takes_no_connection_the_next_one_is_asked()
    {
        await using var silo = new ScriptedSilo();
        var record = await SendAsync(new Target("gone", new Uri($"http://127.0.0.1:{FreePort.Take()}")), new Target("there", silo.Url));

        Assert.Equal(("there", 1, RecordedEnd.Refused), (record.Silo, record.SentOn, record.End));
        Assert.Equal(1, silo.Posts);
    }

    [Fact]
    public async Task What_a_silo_has_taken_is_not_sent_again()
    {
        await using var first = new ScriptedSilo { CutsPosts = true };
        await using var second = new ScriptedSilo();
        var record = await SendAsync(new Target("first", first.Url), new Target("second", second.Url));

        Assert.Equal(("first", 0, RecordedEnd.Unreachable), (record.Silo, record.SentOn, record.End));
        Assert.Equal(0, second.Posts);
    }

    [Fact]
    public async Task Where_nobody_takes_requests_one_has_reached_nobody()
    {
        var record = await SendAsync();
        Assert.Equal((null, RecordedEnd.Unreachable), (record.Silo, record.End));
    }

    private static async Task<RequestRecord> SendAsync(params Target[] targets)
    {
        using var client = new DrillClient(new InOrder(targets), new DrillClock());
        var record = new RequestRecord(new Recording().Record.Plan, TimeSpan.Zero);
        await client.RunAsync(record, CancellationToken.None);
        return record;
    }

    private static LoadBalancer Before(params ScriptedSilo[] silos)
    {
        var balancer = new LoadBalancer();
        foreach (var (index, silo) in silos.Index())
        {
            balancer.Add(new Target($"s{index}", silo.Url));
        }

        return balancer;
    }

    private sealed class InOrder(IReadOnlyList<Target> targets) : ITargets
    {
        public Target? Next(IReadOnlyCollection<Target> tried) => targets.FirstOrDefault(target => !tried.Contains(target));
    }
}
