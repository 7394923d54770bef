using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Pools;
using Krewe.Core.Requests;
using Krewe.Core.Retry;
using Krewe.Core.Time;
using Krewe.Fleet.Requests;
using Krewe.Orleans.Requests;
using Krewe.Orleans.Tests.Serialization;
using Krewe.Testing;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Core.Internal;
using Orleans.GrainDirectory;
using Orleans.Runtime.GrainDirectory;
using Orleans.Runtime.Placement;

namespace Krewe.Orleans.Tests.Requests;

/// <summary>Where request grains live, and for how long.</summary>
public sealed class RequestGrainTests(TwoSilos cluster) : IClassFixture<TwoSilos>
{
    private static int _last;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_request_lives_on_the_silo_that_opens_it_and_is_not_known_to_another(int here)
    {
        var pool = await PoolAsync(here);
        var ids = Enumerable.Range(0, 20).Select(_ => RequestId.New(cluster.Fleet(here).Random)).ToList();

        foreach (var id in ids)
        {
            using var gone = new CancellationTokenSource();
            var step = await cluster.Actors(here).Request(id).StartAsync(Spec(here, pool, gone.Token));

            // Its token is of this process, and works.
            Assert.NotNull(step.Binding);
            Assert.True(step.EpochLost.CanBeCanceled);
        }

        Assert.Equal(ids.Count, Directory(here).Count);
        Assert.Equal(0, Directory(1 - here).Count);
        Assert.Null(await cluster.Actors(1 - here).Request(ids[0]).DescribeAsync());
        Assert.NotNull(await cluster.Actors(here).Request(ids[0]).DescribeAsync());
        foreach (var id in ids)
        {
            await cluster.Actors(here).Request(id).EndAsync(new RequestEnd(RequestOutcome.Completed, AttemptCause.Completed, LegKind.Whole, 1));
        }

        await EmptyAsync();
        Assert.Equal(RequestOutcome.Completed, (await cluster.Actors(here).Request(ids[0]).DescribeAsync())!.Outcome);
        await EmptyAsync();
    }

    [Fact]
    public async Task A_request_that_gets_no_binding_leaves_no_grain()
    {
        var step = await cluster.Actors(0).Request(NewId()).StartAsync(Spec(0, new PoolName("nowhere"), default));

        Assert.Equal(RequestOutcome.ModelNotFound, step.Outcome);
        await EmptyAsync();
    }

    [Fact]
    public async Task Calls_to_a_request_that_never_was_leave_no_grain()
    {
        var request = cluster.Actors(0).Request(NewId());

        await request.FirstTokenAsync(1);
        await request.PrefillDoneAsync(1);
        Assert.Null(await request.DescribeAsync());
        Assert.Null((await request.AttemptFailedAsync(new AttemptReport(1, AttemptCause.EngineError, LegKind.Whole, 0))).Binding);
        await request.EndAsync(new RequestEnd(RequestOutcome.Completed, AttemptCause.Completed, LegKind.Whole, 0));

        await EmptyAsync();
    }

    [Fact]
    public async Task A_request_that_runs_is_not_collected_however_long_nobody_calls_it()
    {
        var pool = await PoolAsync(0);
        var request = cluster.Actors(0).Request(NewId());
        Assert.NotNull((await request.StartAsync(Spec(0, pool, default))).Binding);

        await cluster[0].GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

        var running = await request.DescribeAsync();
        Assert.Null(running!.Outcome);
        Assert.Equal(1, cluster.Fleet(0).Reservations.Count);
        await request.EndAsync(new RequestEnd(RequestOutcome.Completed, AttemptCause.Completed, LegKind.Whole, 1));
        await EmptyAsync();
    }

    [Fact]
    public async Task A_request_whose_grain_goes_gives_back_what_it_holds()
    {
        var pool = await PoolAsync(0);
        var id = NewId();
        Assert.NotNull((await cluster.Actors(0).Request(id).StartAsync(Spec(0, pool, default))).Binding);

        // As at the end of its deadline and grace, or when its silo shuts down.
        await cluster[0].GetRequiredService<IGrainFactory>().GetGrain<IRequestGrain>(id.ToString()).AsReference<IGrainManagementExtension>().DeactivateOnIdle();

        await EmptyAsync();
        await Eventually.EqualAsync(0, () => cluster.Fleet(0).Reservations.Count);
        Assert.Equal(RequestOutcome.InternalError, cluster.Fleet(0).EndedRequests.Find(id)!.Outcome);
    }

    [Fact]
    public async Task A_request_that_waits_is_ended_meanwhile()
    {
        var pool = await PoolAsync(0);
        var (first, second) = (cluster.Actors(0).Request(NewId()), cluster.Actors(0).Request(NewId()));
        await first.StartAsync(Spec(0, pool, default));
        cluster.Fleet(0).View.Find(pool)!.View.TryGet(new InstanceId(pool, new InstanceName("d1")), out var view);
        for (var held = 1; held < view!.Limit; held++)
        {
            await cluster.Actors(0).Request(NewId()).StartAsync(Spec(0, pool, default));
        }

        var waiting = second.StartAsync(Spec(0, pool, default)).AsTask();
        await Eventually.EqualAsync(1, () => cluster.Fleet(0).View.Find(pool)!.Admission.Waiting);

        await second.EndAsync(new RequestEnd(RequestOutcome.Draining, AttemptCause.SiloDraining, LegKind.Whole, 0));

        Assert.Equal(RequestOutcome.Draining, (await waiting.WaitAsync(Eventually.DefaultDeadline)).Outcome);
        foreach (var running in cluster.Fleet(0).Reservations.ByInstance().SelectMany(held => held).ToList())
        {
            await cluster.Actors(0).Request(running.Leg.Attempt.Request).EndAsync(new RequestEnd(RequestOutcome.Completed, AttemptCause.Completed, LegKind.Whole, 1));
        }

        await EmptyAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Instances_and_pools_answer_from_wherever_they_are(int caller)
    {
        var pool = new PoolName($"wire{Interlocked.Increment(ref _last)}");
        var definition = PoolDefinition.ForModel(pool, "m") with { QueueLimit = 7 };
        await cluster.Actors(caller).PoolIndex.AddAsync(pool);
        Assert.Equal(7, (await cluster.Actors(caller).Pool(pool).EnsureAsync(definition)).QueueLimit);

        // Eight of each kind: some are on this silo, some on the other.
        for (var i = 0; i < 8; i++)
        {
            var instance = cluster.Actors(caller).Instance(new InstanceId(pool, new InstanceName($"i{i}")));
            var reply = await instance.RegisterAsync(MessageSamples.Registration);
            Assert.Equal((InstanceVerdict.Accepted, new Epoch(1)), (reply.Verdict, reply.Epoch));
            var leg = new AttemptLeg(new AttemptId(NewId(), 1), LegKind.Whole);
            var bound = await Eventually.ReadAsync(
                async () => await instance.BindAsync(new(leg, reply.Epoch, cluster.Fleet(caller).Silo, 5)), bound => bound.Outcome == Fleet.Instances.BindOutcome.Bound);
            Assert.Equal((1, 5L), (bound.View!.Load.ReservedRequests, bound.View.Load.ReservedTokens));
            Assert.Equal(MessageSamples.Registration, bound.View.Registration);
            await instance.ReleaseAsync(new(leg, reply.Epoch, Core.Instances.Breaking.AttemptVerdict.Succeeded, ConnectionFailed: false));
            Assert.Equal(InstanceVerdict.Renewed, (await instance.HeartbeatAsync(new(MessageSamples.Registration.Incarnation, 1, TimeSpan.Zero, MessageSamples.Load))).Verdict);
        }

        await Eventually.TrueAsync(async () => (await cluster.Actors(1 - caller).Pool(pool).DescribeAsync())!.Health.Roles is [{ Total: 8 }]);
        Assert.Contains(pool, await cluster.Actors(1 - caller).PoolIndex.ListAsync());
    }

    [Fact]
    public void A_request_s_address_is_known_beforehand_and_no_other_grain_s()
    {
        var known = cluster[1].GetRequiredService<IGrainDirectoryCache>();

        Assert.True(known.LookUp(GrainId.Create(RequestGrain.Kind, NewId().ToString()), out var address, out _));
        Assert.Equal(cluster[1].GetRequiredService<ILocalSiloDetails>().SiloAddress, address!.SiloAddress);
        Assert.False(known.LookUp(GrainId.Create("krewe.instance", "pool/name"), out _, out _));

        // What the silo makes references from is what Orleans makes of the interface.
        var id = NewId();
        var reference = cluster[1].GetRequiredService<IGrainFactory>().GetGrain<IRequestGrain>(id.ToString());
        Assert.Equal(GrainId.Create(RequestGrain.Kind, id.ToString()), reference.GetGrainId());
    }

    [Fact]
    public async Task Orleans_finds_a_request_where_this_silo_says_and_opens_it_there_though_it_does_not_ask()
    {
        const int Requests = 10;
        var pool = await PoolAsync(1);
        var addresses = cluster.Addresses(1);

        var before = addresses.Found;
        await OpenAndEndAsync();
        Assert.True(addresses.Found - before >= Requests, $"{addresses.Found - before} found for {Requests} requests");

        addresses.IsIgnored = true;
        try
        {
            before = addresses.Found;
            await OpenAndEndAsync();
            Assert.Equal(before, addresses.Found);
        }
        finally
        {
            addresses.IsIgnored = false;
        }

        async Task OpenAndEndAsync()
        {
            var ids = Enumerable.Range(0, Requests).Select(_ => RequestId.New(cluster.Fleet(1).Random)).ToList();
            foreach (var id in ids)
            {
                var step = await cluster.Actors(1).Request(id).StartAsync(Spec(1, pool, default));
                Assert.NotNull(step.Binding);
            }

            Assert.Equal((0, Requests), (Directory(0).Count, Directory(1).Count));
            foreach (var id in ids)
            {
                await cluster.Actors(1).Request(id).EndAsync(new RequestEnd(RequestOutcome.Completed, AttemptCause.Completed, LegKind.Whole, 1));
                Assert.Equal(RequestOutcome.Completed, cluster.Fleet(1).EndedRequests.Find(id)!.Outcome);
            }

            await EmptyAsync();
        }
    }

    private static RequestId NewId() => new(77, (ulong)Interlocked.Increment(ref _last));

    private RequestSpec Spec(int silo, PoolName pool, CancellationToken gone) => new()
    {
        Pool = pool,
        Model = "m",
        PromptTokens = 5,
        AllowDisaggregated = true,
        Stream = true,
        Deadline = Deadline.In(TimeSpan.FromMinutes(5), cluster.Fleet(silo).Time.GetMonotonic()),
        ClientGone = gone,
    };

    // Views are a silo's own until the cluster shares them: the pool's actors are made on the silo that is to route.
    private async Task<PoolName> PoolAsync(int silo)
    {
        var pool = new PoolName($"r{Interlocked.Increment(ref _last)}");
        RequestContext.Set(IPlacementDirector.PlacementHintKey, cluster[silo].GetRequiredService<ILocalSiloDetails>().SiloAddress);
        await cluster.Actors(silo).Pool(pool).EnsureAsync(PoolDefinition.ForModel(pool, "m") with { LeaseTtl = TimeSpan.FromMinutes(10) });
        await cluster.Actors(silo).Instance(new InstanceId(pool, new InstanceName("d1"))).RegisterAsync(
            MessageSamples.Registration with { Role = InstanceRole.Mixed, Capacity = new InstanceCapacity(32, 0, 0) });
        RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        await Eventually.TrueAsync(() => cluster.Fleet(silo).View.Find(pool)?.View.All().Any(one => one.Schedulable) == true);
        return pool;
    }

    private SiloGrainDirectory Directory(int silo) =>
        (SiloGrainDirectory)cluster[silo].GetRequiredKeyedService<IGrainDirectory>(SiloGrainDirectory.Name);

    private async Task EmptyAsync()
    {
        await Eventually.EqualAsync(0, () => Directory(0).Count);
        await Eventually.EqualAsync(0, () => Directory(1).Count);
    }
}
