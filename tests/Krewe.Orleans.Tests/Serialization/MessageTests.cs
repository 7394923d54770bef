using System.Reflection;
using System.Text.Json;
using Krewe.Core.Identity;
using Krewe.Core.Randomness;
using Krewe.Core.Instances;
using Krewe.Core.Protocols;
using Krewe.Core.Requests;
using Krewe.Core.Routing;
using Krewe.Core.Time;
using Krewe.Fleet.Feeds;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Requests;
using Krewe.Fleet.Storage;
using Krewe.Fleet.Telemetry;
using Krewe.HostConformance;
using Krewe.Orleans.Instances;
using Krewe.Orleans.Serialization;
using Krewe.Testing;
using Krewe.Testing.Processes;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Services;

namespace Krewe.Orleans.Tests.Serialization;

/// <summary>What grains say to each other, on the wire and within a silo.</summary>
public sealed class MessageTests : IDisposable
{
    private static readonly HashSet<Type> NeverLeaveTheirSilo = [typeof(RequestSpec), typeof(RequestStep)];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ManualTimeProvider _clock = new();
    private readonly FleetServices _fleet;
    private readonly ServiceProvider _services;
    private readonly Serializer _serializer;

    public MessageTests()
    {
        _clock.Advance(TimeSpan.FromHours(1));
        _fleet = new FleetServices(new SiloId("silo"), _clock, new SeededRandom(1), new FakeProbe(), new FleetOptions(), new KreweInstruments());
        _services = new ServiceCollection()
            .AddSingleton(_fleet)
            .AddSerializer(serializer => serializer.AddAssembly(typeof(IInstanceGrain).Assembly))
            .BuildServiceProvider();
        _serializer = _services.GetRequiredService<Serializer>();
    }

    public static TheoryData<Type> Types => [.. GrainInterfaces().SelectMany(MessagesOf).Distinct()];

    public static TheoryData<Type> TypesThatCross => [.. CrossingTypes];

    public static TheoryData<string, string> GoldenMessages
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var file in Directory.GetFiles(GoldenFolder, "messages.*.json").Select(path => Path.GetFileName(path)))
            {
                foreach (var message in Golden(file).EnumerateObject())
                {
                    data.Add(file, message.Name);
                }
            }

            return data;
        }
    }

    public static TheoryData<Type> TypesThatStay => [.. NeverLeaveTheirSilo];

    private static string GoldenFolder => Path.Combine(AppContext.BaseDirectory, "Golden");

    private static IEnumerable<Type> CrossingTypes => GrainInterfaces().SelectMany(MessagesOf).Distinct().Except(NeverLeaveTheirSilo);

    public void Dispose()
    {
        _services.Dispose();
        _fleet.Dispose();
    }

    [Theory]
    [MemberData(nameof(TypesThatCross))]
    public void Every_message_of_a_grain_interface_survives_the_wire(Type type)
    {
        var sent = Sample(type);

        var received = typeof(MessageTests).GetMethod(nameof(Cross), BindingFlags.Instance | BindingFlags.NonPublic)!.MakeGenericMethod(type).Invoke(this, [sent])!;

        Assert.Equal(Text(sent), Text(received));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Within_a_silo_no_message_is_copied(Type type)
    {
        var sent = NeverLeaveTheirSilo.Contains(type) ? StepOrSpec(type) : Sample(type);

        var passed = _services.GetRequiredService<DeepCopier>().Copy(sent);

        if (type.IsValueType)
        {
            Assert.Equal(sent, passed);
        }
        else
        {
            Assert.Same(sent, passed);
        }
    }

    [Fact]
    public void What_a_reply_holds_is_not_copied_either()
    {
        var reply = new BindReply(BindOutcome.Bound, MessageSamples.View(_clock.GetMonotonic()));

        Assert.Same(reply.View, _services.GetRequiredService<DeepCopier<BindReply>>().Copy(reply).View);
    }

    [Theory]
    [MemberData(nameof(TypesThatStay))]
    public void What_holds_something_of_the_process_does_not_leave_it(Type type)
    {
        var error = Assert.Throws<NotSupportedException>(() => _serializer.SerializeToArray(StepOrSpec(type)));

        Assert.Contains($"A {type.Name} never leaves its silo", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(GoldenMessages))]
    public void What_an_earlier_release_sent_is_understood(string file, string type)
    {
        var golden = Golden(file).GetProperty(type);

        var received = typeof(MessageTests).GetMethod(nameof(Receive), BindingFlags.Instance | BindingFlags.NonPublic)!
            .MakeGenericMethod(CrossingTypes.Single(crossing => crossing.ToString() == type))
            .Invoke(this, [Convert.FromHexString(golden.GetProperty("bytes").GetString()!)])!;

        // Fields that came later have their defaults; all others are as they were sent.
        AssertHolds(golden.GetProperty("text"), JsonSerializer.SerializeToElement(received, StateJson.Options), type);
    }

    [Theory]
    [MemberData(nameof(GoldenMessages))]
    public void What_a_later_release_adds_to_a_message_is_passed_over(string file, string type)
    {
        var golden = Golden(file).GetProperty(type);
        var bytes = Convert.FromHexString(golden.GetProperty("bytes").GetString()!);
        if (!LaterMessage.TryAddFields(bytes, out var later))
        {
            // A value of its own, which has no fields.
            return;
        }

        var received = typeof(MessageTests).GetMethod(nameof(Receive), BindingFlags.Instance | BindingFlags.NonPublic)!
            .MakeGenericMethod(CrossingTypes.Single(crossing => crossing.ToString() == type))
            .Invoke(this, [later])!;

        AssertHolds(golden.GetProperty("text"), JsonSerializer.SerializeToElement(received, StateJson.Options), type);
    }

    [Fact]
    public void States_that_only_a_later_release_knows_are_read_as_those_that_promise_the_least()
    {
        var later = MessageSamples.View(_clock.GetMonotonic()) with
        {
            Liveness = (Liveness)99, Admin = (AdminState)99, Breaker = (BreakerState)99,
            Registration = MessageSamples.Registration with { Role = (InstanceRole)99, Protocol = (EngineProtocol)99 },
        };

        var view = Cross(later);
        var delta = Cross(InstanceDelta.Of(later));
        var reply = Cross(new BindReply((BindOutcome)99, null));

        Assert.Equal((Liveness.LeaseLost, AdminState.Cordoned, BreakerState.Open), (view.Liveness, view.Admin, view.Breaker));
        Assert.Equal((InstanceRole.Mixed, EngineProtocol.OpenAI), (view.Registration!.Role, view.Registration.Protocol));
        Assert.Equal((Liveness.LeaseLost, AdminState.Cordoned, BreakerState.Open), (delta.Liveness, delta.Admin, delta.Breaker));
        Assert.Equal(BindOutcome.NotSchedulable, reply.Outcome);
    }

    [Fact]
    public void Every_message_has_golden_bytes()
    {
        // To add those of new messages: set KREWE_WRITE_GOLDEN to a file's name, such as messages.0.2.json, and run this test.
        if (Environment.GetEnvironmentVariable("KREWE_WRITE_GOLDEN") is { Length: > 0 } name)
        {
            var all = CrossingTypes.OrderBy(type => type.ToString(), StringComparer.Ordinal).ToDictionary(type => type.ToString(), type => new
            {
                bytes = (string)typeof(MessageTests).GetMethod(nameof(Hex), BindingFlags.Instance | BindingFlags.NonPublic)!.MakeGenericMethod(type).Invoke(this, [Sample(type)])!,
                text = JsonSerializer.SerializeToElement(Sample(type), StateJson.Options),
            });
            File.WriteAllText(Path.Combine(BuildOutput.Root, "tests", "Krewe.Orleans.Tests", "Golden", name), JsonSerializer.Serialize(all, Indented) + "\n");
            return;
        }

        var golden = GoldenMessages.Select(row => row.Data.Item2).ToHashSet();
        Assert.Empty(CrossingTypes.Select(type => type.ToString()).Except(golden));
    }

    [Fact]
    public void A_report_that_crosses_is_as_old_there_as_here()
    {
        var sent = MessageSamples.View(_clock.GetMonotonic());
        var bytes = _serializer.SerializeToArray(sent);
        _clock.Advance(TimeSpan.FromMinutes(1));

        var received = _serializer.Deserialize<InstanceView>(bytes);

        Assert.Equal(TimeSpan.FromMilliseconds(210), _clock.GetMonotonic() - received!.ReportedAt);
    }

    [Fact]
    public void A_view_without_a_report_has_none_there_either()
    {
        var sent = MessageSamples.View(_clock.GetMonotonic()) with { ReportedAt = default };

        Assert.Equal(default, _serializer.Deserialize<InstanceView>(_serializer.SerializeToArray(sent))!.ReportedAt);
    }

    [Fact]
    public void Ids_that_are_not_set_stay_so()
    {
        Assert.Equal(default, _serializer.Deserialize<InstanceId>(_serializer.SerializeToArray<InstanceId>(default)));
        Assert.Equal(default, _serializer.Deserialize<BindCommand>(_serializer.SerializeToArray<BindCommand>(default)));
        Assert.Equal(new BindReply(BindOutcome.EpochMoved, null), _serializer.Deserialize<BindReply>(_serializer.SerializeToArray(new BindReply(BindOutcome.EpochMoved, null))));
    }

    [Fact]
    public void A_bind_and_its_reply_are_small_on_the_wire()
    {
        Assert.InRange(_serializer.SerializeToArray((BindCommand)Sample(typeof(BindCommand))).Length, 1, 128);
        Assert.InRange(_serializer.SerializeToArray((BindReply)Sample(typeof(BindReply))).Length, 1, 384);
    }

    [Fact]
    public void Grain_interfaces_and_their_methods_have_names_that_do_not_follow_the_code()
    {
        foreach (var grain in GrainInterfaces())
        {
            Assert.StartsWith("krewe.", grain.GetCustomAttribute<AliasAttribute>()?.Alias, StringComparison.Ordinal);
            Assert.All(grain.GetMethods(), method => Assert.NotNull(method.GetCustomAttribute<AliasAttribute>()));
            Assert.Distinct(grain.GetMethods().Select(method => method.GetCustomAttribute<AliasAttribute>()!.Alias));
        }
    }

    [Fact]
    public void What_is_serialized_has_names_and_numbers_that_do_not_follow_the_code()
    {
        var types = typeof(EpochSurrogate).Assembly.GetTypes().Where(type => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null).ToList();

        Assert.NotEmpty(types);
        Assert.All(types, type => Assert.StartsWith("krewe.", type.GetCustomAttribute<AliasAttribute>()?.Alias, StringComparison.Ordinal));
        Assert.Distinct(types.Select(type => type.GetCustomAttribute<AliasAttribute>()!.Alias));
        Assert.All(types.Where(type => type.IsValueType), type =>
            Assert.All(type.GetFields(), field => Assert.NotNull(field.GetCustomAttribute<IdAttribute>())));
    }

    private static IEnumerable<Type> GrainInterfaces() =>
        typeof(IInstanceGrain).Assembly.GetTypes().Where(type => type.IsInterface && (typeof(IGrainWithStringKey).IsAssignableFrom(type) || typeof(IGrainService).IsAssignableFrom(type)));

    private static IEnumerable<Type> MessagesOf(Type grain) => grain.GetMethods()
        .SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType).Concat(method.ReturnType.GenericTypeArguments));

    private static string Text(object message) => JsonSerializer.Serialize(message, StateJson.Options);

    private static object StepOrSpec(Type type) => type == typeof(RequestStep)
        ? RequestStep.End(RequestOutcome.Completed)
        : new RequestSpec { Pool = new PoolName("p"), Model = "m", PromptTokens = 1, AllowDisaggregated = true, Stream = true, Deadline = default };

    private static JsonElement Golden(string file) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(GoldenFolder, file))).RootElement;

    private static void AssertHolds(JsonElement expected, JsonElement actual, string path)
    {
        Assert.True(expected.ValueKind == actual.ValueKind, $"{path}: {actual} is not {expected}.");
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in expected.EnumerateObject())
                {
                    Assert.True(actual.TryGetProperty(property.Name, out var value), $"{path}.{property.Name} is missing.");
                    AssertHolds(property.Value, value, $"{path}.{property.Name}");
                }

                break;
            case JsonValueKind.Array:
                Assert.Equal(expected.GetArrayLength(), actual.GetArrayLength());
                foreach (var (item, other) in expected.EnumerateArray().Zip(actual.EnumerateArray()))
                {
                    AssertHolds(item, other, $"{path}[]");
                }

                break;
            default:
                Assert.True(JsonElement.DeepEquals(expected, actual), $"{path}: {actual} is not {expected}.");
                break;
        }
    }

    private string Hex<T>(T sent) => Convert.ToHexStringLower(_serializer.SerializeToArray(sent));

    private T Receive<T>(byte[] bytes) => _serializer.Deserialize<T>(bytes)!;

    private T Cross<T>(T sent) => _serializer.Deserialize<T>(_serializer.SerializeToArray(sent))!;

    private object Sample(Type type) => MessageSamples.All(_clock.GetMonotonic()).TryGetValue(type, out var sample)
        ? sample
        : throw new InvalidOperationException($"There is no sample of {type}.");
}
