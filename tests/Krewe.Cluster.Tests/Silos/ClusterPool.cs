using System.Globalization;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;
using Krewe.Core.Retry;
using Krewe.Core.Time;
using Krewe.Fleet.Requests;
using Krewe.Testing;

namespace Krewe.Cluster.Tests.Silos;

/// <summary>A pool of one test's own, on all silos of the cluster.</summary>
public sealed class ClusterPool
{
    private static int _last;

    private readonly ClusterFixture _cluster;

    private ClusterPool(ClusterFixture cluster, PoolDefinition definition) => (_cluster, Definition) = (cluster, definition);

    public PoolDefinition Definition { get; }

    public PoolName Name => Definition.Name;

    /// <summary>Makes it through the first silo, and waits until every silo knows it.</summary>
    public static async Task<ClusterPool> NewAsync(ClusterFixture cluster, Func<PoolDefinition, PoolDefinition>? shape = null)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"k{Interlocked.Increment(ref _last)}");
        var definition = PoolDefinition.ForModel(new PoolName(name), $"{name}-model") with { LeaseTtl = TimeSpan.FromMinutes(10) };
        var pool = new ClusterPool(cluster, shape?.Invoke(definition) ?? definition);
        var actors = cluster.Silos[0].Actors;
        await actors.PoolIndex.AddAsync(pool.Name);
        await actors.Pool(pool.Name).ConfigureAsync(pool.Definition);
        await pool.KnownAsync();
        return pool;
    }

    public Task KnownAsync() => Eventually.TrueAsync(
        () => _cluster.Silos.All(silo => silo.Fleet.View.FindByModel(Definition.Model)?.Name == Name), what: "every silo to know the pool");

    public InstanceId Id(string name) => new(Name, new InstanceName(name));

    public Registration Registration(string name, string incarnation = "one", int limit = 4) => new()
    {
        Incarnation = new IncarnationId(incarnation),
        Role = InstanceRole.Mixed,
        Protocol = EngineProtocol.Vllm,
        Url = new Uri($"http://{Name}-{name}.test:9000/"),
        Model = Definition.Model,
        TransferGroup = new TransferGroup("default"),
        Capacity = new InstanceCapacity(limit, 0, 0),
    };

    /// <summary>Registers through some silo, and waits until every silo sees it Active.</summary>
    public async Task<Epoch> ActivateAsync(string name, int through = 0, int limit = 4)
    {
        var reply = await _cluster.Silos[through].Actors.Instance(Id(name)).RegisterAsync(Registration(name, limit: limit));
        Assert.Equal(InstanceVerdict.Accepted, reply.Verdict);
        await EverySeesAsync(name, view => view.Epoch == reply.Epoch && view.Liveness == Liveness.Active, "Active");
        return reply.Epoch;
    }

    public async Task EverySeesAsync(string name, Func<Core.Routing.InstanceView, bool> so, string what)
    {
        foreach (var silo in _cluster.Silos)
        {
            await silo.SeesAsync(Id(name), so, what);
        }
    }

    public static AttemptLeg NewLeg() => new(new AttemptId(NewRequest(), 1), LegKind.Whole);

    public static RequestId NewRequest() => new(0xC105, (ulong)Interlocked.Increment(ref _last));

    public RequestSpec Spec(TestSilo silo, CancellationToken clientGone = default) => new()
    {
        Pool = Name,
        Model = Definition.Model,
        PromptTokens = 10,
        AllowDisaggregated = true,
        Stream = true,
        Deadline = Deadline.In(TimeSpan.FromMinutes(1), silo.Fleet.Time.GetMonotonic()),
        ClientGone = clientGone,
    };

    /// <summary>Waits until no silo sees or holds anything of a request.</summary>
    public async Task IdleAsync()
    {
        foreach (var silo in _cluster.Silos)
        {
            await Eventually.TrueAsync(
                () => silo.Fleet.View.Find(Name)!.View.All().All(view => view.Load is { ReservedRequests: 0, ReservedTokens: 0 }), TimeSpan.FromSeconds(30), $"{silo.Fleet.Silo} to see no reservation");
            await Eventually.TrueAsync(() => silo.Fleet.Reservations.ByInstance().All(group => group.Key.Instance.Pool != Name), what: $"{silo.Fleet.Silo} to hold no reservation");
            await Eventually.EqualAsync(0, () => silo.Fleet.View.Find(Name)!.Admission.Waiting);
        }
    }
}
