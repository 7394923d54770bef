using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Protocols;
using Krewe.Core.Requests;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Storage;

namespace Krewe.Fleet.Tests.Storage;

/// <summary>State that a later release wrote: it is taken back, or both share a cluster for a while.</summary>
public sealed class LaterReleaseTests
{
    private const string Later = "OfALaterRelease";

    [Theory]
    [InlineData("instance", typeof(InstanceDocument))]
    [InlineData("instance-new", typeof(InstanceDocument))]
    [InlineData("pool", typeof(PoolRecord))]
    public void A_document_whose_enums_all_have_values_of_a_later_release_is_read(string file, Type type)
    {
        var node = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", $"{file}.0.1.json")))!;
        var names = EnumsOf(type).SelectMany(Enum.GetNames).ToHashSet();
        Assert.True(Replace(node, names) > 0);

        Assert.NotNull(JsonSerializer.Deserialize(node.ToJsonString(), type, StateJson.Options));
    }

    [Fact]
    public void An_instance_in_states_of_a_later_release_promises_the_least()
    {
        var node = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "instance.0.1.json")))!;
        node["record"]!["liveness"] = Later;
        node["record"]!["admin"] = Later;
        node["record"]!["displaced"]![0]!["admin"] = Later;
        node["record"]!["registration"]!["role"] = Later;
        node["record"]!["registration"]!["protocol"] = Later;

        var read = JsonSerializer.Deserialize<InstanceDocument>(node.ToJsonString(), StateJson.Options)!.Record;

        Assert.Equal((Liveness.LeaseLost, AdminState.Cordoned, AdminState.Cordoned), (read.Liveness, read.Admin, read.Displaced[0].Admin));
        Assert.Equal((InstanceRole.Mixed, EngineProtocol.OpenAI), (read.Registration!.Role, read.Registration.Protocol));
        Assert.Equal(7, read.Epoch.Value);
    }

    [Fact]
    public void A_pool_with_modes_of_a_later_release_has_the_ones_that_are_always_sound()
    {
        var node = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "pool.0.1.json")))!;
        node["definition"]!["failureMode"] = Later;
        node["definition"]!["continuation"] = Later;

        var read = JsonSerializer.Deserialize<PoolRecord>(node.ToJsonString(), StateJson.Options)!.Definition;

        Assert.Equal((FailureMode.Resilient, ContinuationMode.Off), (read.FailureMode, read.Continuation));
    }

    [Theory]
    [InlineData(typeof(InstanceDocument))]
    [InlineData(typeof(PoolRecord))]
    [InlineData(typeof(PoolIndexRecord))]
    public void It_is_decided_for_every_enum_that_is_stored_what_a_later_value_means(Type document) =>
        Assert.All(EnumsOf(document), one => Assert.True(LaterRelease.IsDecidedFor(one), $"{one.Name} is stored in a {document.Name}."));

    [Fact]
    public void Where_there_may_be_none_a_later_value_is_none()
    {
        Assert.Null(JsonSerializer.Deserialize<AttemptCause?>($"\"{Later}\"", StateJson.Options));
        Assert.Null(JsonSerializer.Deserialize<AttemptCause?>("null", StateJson.Options));
        Assert.Equal(AttemptCause.IdleTimeout, JsonSerializer.Deserialize<AttemptCause?>("\"IdleTimeout\"", StateJson.Options));
    }

    [Theory]
    [InlineData("\"Active\"", Liveness.Active)]
    [InlineData("\"active\"", Liveness.Active)]
    [InlineData("2", Liveness.Active)]
    [InlineData("77", Liveness.LeaseLost)]
    [InlineData("\"77\"", Liveness.LeaseLost)]
    [InlineData("\"\"", Liveness.LeaseLost)]
    public void Names_and_numbers_that_are_known_are_read_as_before(string json, Liveness expected) =>
        Assert.Equal(expected, JsonSerializer.Deserialize<Liveness>(json, StateJson.Options));

    [Theory]
    [InlineData("true")]
    [InlineData("{}")]
    [InlineData("null")]
    public void What_is_no_enum_at_all_is_not_read(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Liveness>(json, StateJson.Options));

    private static int Replace(JsonNode? node, HashSet<string> names)
    {
        var replaced = 0;
        if (node is JsonObject fields)
        {
            foreach (var (key, value) in fields.ToList())
            {
                if (value is JsonValue text && text.TryGetValue<string>(out var name) && names.Contains(name))
                {
                    fields[key] = Later;
                    replaced++;
                }

                replaced += Replace(value, names);
            }
        }

        return replaced + (node is JsonArray items ? items.Sum(item => Replace(item, names)) : 0);
    }

    /// <summary>The enums that a document holds, however deep.</summary>
    private static IReadOnlyCollection<Type> EnumsOf(Type document)
    {
        var seen = new HashSet<Type>();
        Visit(document);
        return [.. seen.Where(type => type.IsEnum)];

        void Visit(Type type)
        {
            type = Nullable.GetUnderlyingType(type) ?? type;
            foreach (var argument in type.GenericTypeArguments)
            {
                Visit(argument);
            }

            if (type.Namespace?.StartsWith("Krewe", StringComparison.Ordinal) == true && seen.Add(type) && !type.IsEnum)
            {
                foreach (var property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public))
                {
                    Visit(property.PropertyType);
                }
            }
        }
    }
}
