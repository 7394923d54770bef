using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;
using Krewe.Core.Requests;
using Krewe.Core.Retry;
using Krewe.Core.Time;
using Krewe.Fleet.Requests;
using Krewe.Testing;

namespace Krewe.Orleans.Tests;

public sealed class Smoke(OrleansHostFixture host) : IClassFixture<OrleansHostFixture>
{
    [Fact]
    public async Task Whole()
    {
        var pool = new PoolName("a1");
        await host.Actors.PoolIndex.AddAsync(pool);
        await host.Actors.Pool(pool).EnsureAsync(PoolDefinition.ForModel(pool, "m"));
        var id = new InstanceId(pool, new InstanceName("i1"));
        var reply = await host.Actors.Instance(id).RegisterAsync(new Registration { Incarnation = new("x"), Role = InstanceRole.Mixed, Protocol = EngineProtocol.OpenAI, Url = new("http://127.0.0.1:1"), Model = "m", TransferGroup = new("default"), Capacity = new(4, 0, 0) });
        Assert.Equal(InstanceVerdict.Accepted, reply.Verdict);
        Assert.False(reply.IsProvisional);
        await Eventually.TrueAsync(() => host.Services.View.Find(pool)!.View.All().Any(one => one.Schedulable));
        var r = host.Actors.Request(new RequestId(1, 2));
        var step = await r.StartAsync(new RequestSpec { Pool = pool, Model = "m", PromptTokens = 5, AllowDisaggregated = true, Stream = true, Deadline = Deadline.In(TimeSpan.FromMinutes(1), host.Services.Time.GetMonotonic()) });
        Assert.NotNull(step.Binding);
        await r.FirstTokenAsync(1);
        Assert.NotNull(await r.DescribeAsync());
        await r.EndAsync(new RequestEnd(RequestOutcome.Completed, AttemptCause.Completed, LegKind.Whole, 3));
        await Eventually.TrueAsync(() => host.Services.View.Find(pool)!.View.All().All(one => one.Load.ReservedRequests == 0));
        Assert.Null(await r.DescribeAsync());
        await host.RestartAsync();
        Assert.Contains(pool, await host.Actors.PoolIndex.ListAsync());
        await host.Actors.Pool(pool).NudgeAsync();
        Assert.NotNull(await host.Actors.Pool(pool).DescribeAsync());
    }
}
