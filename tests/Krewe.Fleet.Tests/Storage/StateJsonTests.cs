using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;
using Krewe.Core.Retry;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Storage;

namespace Krewe.Fleet.Tests.Storage;

/// <summary>The golden files hold what release 0.1 stores. They are never changed: a later release adds its own, and reads these.</summary>
public sealed class StateJsonTests
{
    private static readonly JsonSerializerOptions Indented = new(StateJson.Options) { WriteIndented = true };

    public static TheoryData<string> Files => ["instance", "instance-new", "pool", "pool-index"];

    [Theory]
    [MemberData(nameof(Files))]
    public void What_is_written_is_what_release_0_1_wrote(string file)
    {
        var (record, type) = Sample(file);

        var written = JsonSerializer.Serialize(record, type, Indented);

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Golden(file)), JsonNode.Parse(written)), $"{file} is written otherwise now:\n{written}");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void What_release_0_1_wrote_is_read_in_full(string file)
    {
        var (record, type) = Sample(file);

        var read = JsonSerializer.Deserialize(Golden(file), type, StateJson.Options);

        // Records with lists do not compare by value: their JSON does.
        Assert.Equal(JsonSerializer.Serialize(record, type, Indented), JsonSerializer.Serialize(read, type, Indented));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Fields_of_a_later_release_are_passed_over(string file)
    {
        var (record, type) = Sample(file);
        var node = JsonNode.Parse(Golden(file))!;
        AddUnknown(node);

        var read = JsonSerializer.Deserialize(node.ToJsonString(), type, StateJson.Options);

        Assert.Equal(JsonSerializer.Serialize(record, type, Indented), JsonSerializer.Serialize(read, type, Indented));

        static void AddUnknown(JsonNode? node)
        {
            foreach (var child in node is JsonObject inner ? inner.Select(field => field.Value).ToArray() : node is JsonArray array ? [.. array] : [])
            {
                AddUnknown(child);
            }

            (node as JsonObject)?.Add("ofALaterRelease", new JsonObject { ["some"] = new JsonArray(1, "two") });
        }
    }

    [Fact]
    public void Every_state_of_an_instance_comes_back_as_it_was()
    {
        foreach (var liveness in Enum.GetValues<Liveness>())
        {
            foreach (var admin in Enum.GetValues<AdminState>())
            {
                foreach (var protocol in Enum.GetValues<EngineProtocol>())
                {
                    var document = new InstanceDocument(4, FullRecord() with { Liveness = liveness, Admin = admin, Registration = FullRegistration() with { Protocol = protocol } });

                    var read = JsonSerializer.Deserialize<InstanceDocument>(JsonSerializer.Serialize(document, StateJson.Options), StateJson.Options)!;

                    Assert.Equal((liveness, admin, protocol), (read.Record.Liveness, read.Record.Admin, read.Record.Registration!.Protocol));
                    Assert.Equal(document.Record.Displaced, read.Record.Displaced);
                    Assert.Equal(document.Record.Superseded, read.Record.Superseded);
                    Assert.Equal(document with { Record = read.Record }, read);
                }
            }
        }
    }

    [Fact]
    public void A_field_that_was_not_written_yet_has_its_default()
    {
        var node = JsonNode.Parse(Golden("pool"))!;
        node["definition"]!["retry"]!.AsObject().Remove("failovers");

        var read = JsonSerializer.Deserialize<PoolRecord>(node.ToJsonString(), StateJson.Options)!;

        Assert.Equal(RetryPolicy.Default.Failovers, read.Definition.Retry.Failovers);
        Assert.Equal(6, read.Definition.Retry.Attempts);
    }

    [Theory]
    [InlineData("""{"pools":["a/b"]}""")]
    [InlineData("""{"pools":[null]}""")]
    [InlineData("""{"pools":[7]}""")]
    public void A_name_that_is_none_is_not_read(string json)
    {
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<PoolIndexRecord>(json, StateJson.Options));
    }

    [Fact]
    public void A_network_that_is_none_is_not_read()
    {
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<IPNetwork>("\"nowhere\"", StateJson.Options));
    }

    private static string Golden(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", $"{file}.0.1.json"));

    private static (object Record, Type Type) Sample(string file) => file switch
    {
        "instance" => (new InstanceDocument(12, FullRecord()), typeof(InstanceDocument)),
        "instance-new" => (new InstanceDocument(1, new InstanceRecord
        {
            Epoch = new Epoch(1),
            Registration = FullRegistration(),
            Liveness = Liveness.Joining,
            Admin = AdminState.Open,
        }), typeof(InstanceDocument)),
        "pool" => (new PoolRecord(3, FullDefinition(), [new InstanceName("p1"), new InstanceName("d1")]) { Generation = 4 }, typeof(PoolRecord)),
        "pool-index" => (new PoolIndexRecord([new PoolName("chat"), new PoolName("sim")]), typeof(PoolIndexRecord)),
        _ => throw new ArgumentOutOfRangeException(nameof(file), file, null),
    };

    private static Registration FullRegistration() => new()
    {
        Incarnation = new IncarnationId("b2f1/7"),
        Role = InstanceRole.Prefill,
        Protocol = EngineProtocol.Vllm,
        Url = new Uri("http://10.1.2.3:9001/base"),
        Model = "org/model-7b",
        TransferGroup = new TransferGroup("rack-4"),
        Capacity = new InstanceCapacity(256, 8192, 16),
    };

    private static InstanceRecord FullRecord() => new()
    {
        Epoch = new Epoch(7),
        Registration = FullRegistration(),
        Liveness = Liveness.Suspect,
        Admin = AdminState.Draining,
        IsConfirmed = true,
        HeldEpoch = new Epoch(6),
        IsDeleted = true,
        IsCapped = true,
        DrainFor = TimeSpan.FromSeconds(30),
        Displaced = [new DisplacedIncarnation(new IncarnationId("a0"), AdminState.Drained)],
        Superseded = ImmutableArray.Create(new IncarnationId("x1"), new IncarnationId("x2")),
    };

    private static PoolDefinition FullDefinition() => new()
    {
        Name = new PoolName("chat"),
        Model = "org/model-7b",
        Aliases = ["chat", "default"],
        Policy = "least-loaded",
        FailureMode = FailureMode.FailFast,
        Deadline = TimeSpan.FromMinutes(5),
        Idle = TimeSpan.FromMilliseconds(4500),
        Continuation = ContinuationMode.Text,
        Retry = new RetryPolicy
        {
            Attempts = 6,
            Failovers = 5,
            Backoff = new BackoffPolicy(TimeSpan.FromMilliseconds(30), TimeSpan.FromSeconds(3)),
            BudgetPercent = 15,
            BudgetFloor = 4,
        },
        QueueLimit = 500,
        QueueMaxWait = TimeSpan.FromSeconds(20),
        LeaseTtl = TimeSpan.FromSeconds(2),
        SuspectWindow = TimeSpan.FromSeconds(9),
        Open = false,
        Addresses = [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("fd00::/8")],
        Instances =
        [
            new DeclaredInstance
            {
                Name = new InstanceName("p1"),
                Role = InstanceRole.Prefill,
                Protocol = EngineProtocol.Vllm,
                Url = new Uri("http://10.1.2.3:9001/"),
                TransferGroup = new TransferGroup("rack-4"),
                Capacity = new InstanceCapacity(128, 0, 0),
            },
        ],
    };
}
