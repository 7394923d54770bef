using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Protocols;
using Krewe.Core.Routing;

namespace Krewe.Core.Tests.Routing;

/// <summary>Instance views with everything defaulted but what a test is about.</summary>
internal static class Views
{
    public static readonly PoolName Pool = new("pool");

    public static InstanceId Id(string name) => new(Pool, new InstanceName(name));

    public static InstanceView Of(
        string name,
        InstanceRole role = InstanceRole.Mixed,
        int requests = 0,
        int limit = 10,
        Liveness liveness = Liveness.Active,
        bool schedulable = true,
        string group = "default",
        EngineProtocol protocol = EngineProtocol.Vllm,
        long epoch = 1,
        long counter = 1,
        long tokens = 0) => new()
        {
            Id = Id(name),
            Version = new ViewVersion(new Epoch(epoch), 1, counter),
            Registration = new Registration
            {
                Incarnation = new IncarnationId($"{name}.{epoch}"),
                Role = role,
                Protocol = protocol,
                Url = new Uri($"http://{name}.test:9000"),
                Model = "model",
                TransferGroup = new TransferGroup(group),
                Capacity = new InstanceCapacity(limit, 0, 0),
            },
            Liveness = liveness,
            Admin = AdminState.Open,
            Breaker = BreakerState.Closed,
            Schedulable = schedulable,
            Load = new LoadSnapshot(requests, tokens, 0, default),
            Limit = limit,
        };

    public static InstanceView Prefill(string name, int requests = 0, string group = "default", Liveness liveness = Liveness.Active, int limit = 10) =>
        Of(name, InstanceRole.Prefill, requests, limit, liveness, group: group);

    public static InstanceView Decode(string name, int requests = 0, string group = "default", Liveness liveness = Liveness.Active, int limit = 10) =>
        Of(name, InstanceRole.Decode, requests, limit, liveness, group: group);

    public static InstanceView WithLoad(this InstanceView view, int requests) => view with
    {
        Version = view.Version with { Counter = view.Version.Counter + 1 },
        Load = view.Load with { ReservedRequests = requests },
    };
}
