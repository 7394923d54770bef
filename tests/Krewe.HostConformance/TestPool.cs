using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Instances.Breaking;
using Krewe.Core.Load;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;
using Krewe.Core.Retry;
using Krewe.Core.Routing;
using Krewe.Core.Time;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Requests;
using Krewe.Fleet.View;
using Krewe.Testing;
using Xunit;

namespace Krewe.HostConformance;

/// <summary>A pool of one test's own, and what the test does with it. It survives the silo's lives.</summary>
public sealed class TestPool
{
    private static long _lastRequest;
    private readonly HostFixture _host;

    internal TestPool(HostFixture host, PoolDefinition definition)
    {
        _host = host;
        Definition = definition;
    }

    public PoolDefinition Definition { get; }

    public PoolName Name => Definition.Name;

    public IPoolRef Actor => _host.Actors.Pool(Name);

    /// <summary>The pool as the silo sees it.</summary>
    public PoolSlot Slot => _host.Services.View.Find(Name) ?? throw new InvalidOperationException($"The view has no pool {Name}.");

    public InstanceId Id(string name) => new(Name, new InstanceName(name));

    public Uri Url(string name) => new($"http://{Name}-{name}.test:9000/");

    public IInstanceRef Instance(string name) => _host.Actors.Instance(Id(name));

    public Registration Registration(
        string name, string incarnation = "one", InstanceRole role = InstanceRole.Mixed, int limit = 4, EngineProtocol protocol = EngineProtocol.Vllm) => new()
    {
        Incarnation = new IncarnationId(incarnation),
        Role = role,
        Protocol = protocol,
        Url = Url(name),
        Model = Definition.Model,
        TransferGroup = new TransferGroup("default"),
        Capacity = new InstanceCapacity(limit, 0, 0),
    };

    public async Task<RegisterReply> RegisterAsync(
        string name, string incarnation = "one", InstanceRole role = InstanceRole.Mixed, int limit = 4, EngineProtocol protocol = EngineProtocol.Vllm) =>
        await Instance(name).RegisterAsync(Registration(name, incarnation, role, limit, protocol));

    /// <summary>Registers as soon as the name is free, and gives what came then.</summary>
    public Task<RegisterReply> TakeOverAsync(string name, string incarnation) =>
        Eventually.ReadAsync(() => RegisterAsync(name, incarnation), reply => reply.Verdict != InstanceVerdict.NameInUse);

    /// <summary>Registers a healthy instance and waits until routing sees it Active.</summary>
    public async Task<Epoch> ActivateAsync(
        string name, string incarnation = "one", InstanceRole role = InstanceRole.Mixed, int limit = 4, EngineProtocol protocol = EngineProtocol.Vllm)
    {
        var reply = await RegisterAsync(name, incarnation, role, limit, protocol);
        Assert.Equal(InstanceVerdict.Accepted, reply.Verdict);
        await ReachAsync(name, Liveness.Active, reply.Epoch);
        return reply.Epoch;
    }

    public ValueTask<HeartbeatReply> HeartbeatAsync(string name, long sequence, string incarnation = "one", ReportedLoad load = default, TimeSpan engineSeen = default) =>
        Instance(name).HeartbeatAsync(new HeartbeatCommand(new IncarnationId(incarnation), sequence, engineSeen, load));

    /// <summary>What the silo knows of an instance; null if nothing.</summary>
    public InstanceView? View(string name) => _host.Services.View.Find(Name) is { } slot && slot.View.TryGet(Id(name), out var view) ? view : null;

    /// <summary>Waits until the silo's view has the instance in this state.</summary>
    public async Task<InstanceView> ReachAsync(string name, Liveness liveness, Epoch? epoch = null) =>
        (await Eventually.ReadAsync(
            () => Task.FromResult(View(name)),
            view => view is not null && view.Liveness == liveness && (epoch is null || view.Epoch == epoch),
            what: $"{name} to be {liveness}{(epoch is null ? "" : $" in epoch {epoch}")}"))!;

    /// <summary>Waits until the silo's view shows so many reservations.</summary>
    public Task ReservedAsync(string name, int requests) =>
        Eventually.EqualAsync(requests, () => View(name)?.Load.ReservedRequests ?? -1, what: $"the reservations of {name}");

    /// <summary>A leg of an attempt that was never used before.</summary>
    public static AttemptLeg NewLeg(LegKind kind = LegKind.Whole) => new(new AttemptId(NewRequest(), 1), kind);

    public static RequestId NewRequest() => new(0xC0FFEE, (ulong)Interlocked.Increment(ref _lastRequest));

    public ValueTask<BindReply> BindAsync(string name, Epoch epoch, AttemptLeg leg, long tokens = 10) =>
        Instance(name).BindAsync(new BindCommand(leg, epoch, _host.Services.Silo, tokens));

    public ValueTask ReleaseAsync(string name, Epoch epoch, AttemptLeg leg, AttemptVerdict verdict = AttemptVerdict.Succeeded, bool connectionFailed = false) =>
        Instance(name).ReleaseAsync(new ReleaseCommand(leg, epoch, verdict, connectionFailed));

    public RequestSpec Spec(TimeSpan? deadline = null, bool disaggregated = true, CancellationToken clientGone = default) => new()
    {
        Pool = Name,
        Model = Definition.Model,
        PromptTokens = 10,
        AllowDisaggregated = disaggregated,
        Stream = true,
        Deadline = Deadline.In(deadline ?? TimeSpan.FromMinutes(1), _host.Services.Time.GetMonotonic()),
        ClientGone = clientGone,
    };

    /// <summary>A request that was not started yet.</summary>
    public TestRequest Request(RequestSpec? spec = null)
    {
        var id = NewRequest();
        return new TestRequest(id, _host.Actors.Request(id), spec ?? Spec());
    }

    /// <summary>Starts a request and waits until it stands in the queue.</summary>
    public async Task<(TestRequest Request, Task<RequestStep> Step)> QueueAsync(RequestSpec? spec = null)
    {
        var before = Slot.Admission.Waiting;
        var request = Request(spec);
        var step = request.StartAsync();
        await Eventually.TrueAsync(() => Slot.Admission.Waiting == before + 1 || step.IsCompleted, what: "the request to wait in the queue");
        Assert.False(step.IsCompleted, "It did not wait.");
        return (request, step);
    }

    /// <summary>Waits until nothing is left of any request: no reservation, nobody waiting, nothing in the retry budget.</summary>
    public async Task IdleAsync()
    {
        await Eventually.TrueAsync(() => Slot.View.All().All(view => view.Load.ReservedRequests == 0 && view.Load.ReservedTokens == 0), what: "no instance to hold a reservation");
        await Eventually.EqualAsync(0, () => Slot.Admission.Waiting);
        await Eventually.EqualAsync(0, () => Slot.Budget.RequestsInFlight);
        await Eventually.EqualAsync(0, () => Slot.Budget.RetriesInFlight);
        await Eventually.TrueAsync(
            () => _host.Services.Reservations.ByInstance().All(group => group.Key.Instance.Pool != Name), what: "the silo to hold no reservation");
    }

    /// <summary>Makes the view say of an instance what its actor does not: newer than anything that the actor tells soon.</summary>
    public void Deceive(string name, Func<InstanceView, InstanceView> change)
    {
        var view = change(View(name)!);
        Assert.True(_host.Services.View.Apply(view with { Version = view.Version with { Counter = view.Version.Counter + 1_000_000 } }));
    }
}
