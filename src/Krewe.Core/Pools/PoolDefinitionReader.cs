using System.Net;
using System.Text.Json;
using Krewe.Core.Identity;
using Krewe.Core.Retry;
using Krewe.Core.Routing;

namespace Krewe.Core.Pools;

/// <summary>Reads one element of a pools file.</summary>
internal static class PoolDefinitionReader
{
    private const int MaxAliases = 100;
    private const int MaxAddresses = 100;
    private const int MaxInstances = 10_000;
    private const int MaxModelLength = 256;
    private const string ModelRule = "must be 1 to 256 characters without control characters, and no space at either end";

    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan ShortestLease = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>The pool, every bad value replaced by its default; null where it is not an object, or lacks a good name or model. What is wrong is in <paramref name="errors"/>.</summary>
    public static PoolDefinition? Read(JsonElement element, string path, ErrorList errors)
    {
        if (JsonFields.Of(element, path, errors) is not { } fields)
        {
            return null;
        }

        var name = fields.Text("name", NameRule.IsValid, $"must be {NameRule.Description}", required: true);
        var model = fields.Text("model", IsModel, ModelRule, required: true);
        var pool = ReadPolicies(fields, PoolDefinition.ForModel(name is null ? default : new PoolName(name), model ?? "?"));
        pool = pool with
        {
            Aliases = Aliases(fields, model, errors),
            Addresses = Addresses(fields, errors) ?? pool.Addresses,
        };
        pool = pool with { Instances = Instances(fields, pool, errors) };
        fields.Finish();
        return name is null || model is null ? null : pool;
    }

    private static PoolDefinition ReadPolicies(JsonFields fields, PoolDefinition defaults)
    {
        var policy = fields.Text("policy", text => RoutingPolicies.TryGet(text, out _), $"must be one of {string.Join(", ", RoutingPolicies.All.Select(known => known.Name))}");
        var queue = fields.Object("queue");
        var lease = fields.Object("lease");
        var pool = defaults with
        {
            Policy = policy ?? defaults.Policy,
            FailureMode = fields.Choice("failureMode", defaults.FailureMode, [("resilient", FailureMode.Resilient), ("fail-fast", FailureMode.FailFast)]),
            Deadline = fields.Milliseconds("deadlineMs", defaults.Deadline, Millisecond, Day),
            Idle = fields.Milliseconds("idleMs", defaults.Idle, Millisecond, Hour),
            Continuation = fields.Choice(
                "continuation",
                defaults.Continuation,
                [("auto", ContinuationMode.Auto), ("tokens", ContinuationMode.Tokens), ("text", ContinuationMode.Text), ("off", ContinuationMode.Off)]),
            Retry = Retry(fields.Object("retry"), defaults.Retry),
            QueueLimit = queue?.Int("limit", defaults.QueueLimit, 0, 100_000) ?? defaults.QueueLimit,
            QueueMaxWait = queue?.Milliseconds("maxWaitMs", defaults.QueueMaxWait, TimeSpan.Zero, Day) ?? defaults.QueueMaxWait,
            LeaseTtl = lease?.Milliseconds("ttlMs", defaults.LeaseTtl, ShortestLease, TimeSpan.FromMinutes(10)) ?? defaults.LeaseTtl,
            SuspectWindow = lease?.Milliseconds("suspectMs", defaults.SuspectWindow, ShortestLease, Hour) ?? defaults.SuspectWindow,
            Open = fields.Flag("open", defaults.Open),
        };
        queue?.Finish();
        lease?.Finish();
        return pool;
    }

    private static RetryPolicy Retry(JsonFields? fields, RetryPolicy defaults)
    {
        if (fields is null)
        {
            return defaults;
        }

        var initial = fields.Milliseconds("initialBackoffMs", defaults.Backoff.Initial, Millisecond, Hour);
        var max = fields.Milliseconds("maxBackoffMs", defaults.Backoff.Max > initial ? defaults.Backoff.Max : initial, Millisecond, Hour);
        fields.Require(max >= initial, "maxBackoffMs", "must be at least initialBackoffMs");
        var retry = defaults with
        {
            Attempts = fields.Int("attempts", defaults.Attempts, 1, RetryPolicy.MaxAttempts),
            Failovers = fields.Int("failovers", defaults.Failovers, 0, RetryPolicy.MaxFailovers),
            Backoff = new BackoffPolicy(initial, max >= initial ? max : initial),
            BudgetPercent = fields.Int("budgetPercent", defaults.BudgetPercent, 0, 100),
            BudgetFloor = fields.Int("budgetFloor", defaults.BudgetFloor, 0, 10_000),
        };
        fields.Finish();
        return retry;
    }

    private static List<string> Aliases(JsonFields fields, string? model, ErrorList errors)
    {
        var aliases = new List<string>();
        foreach (var (element, path) in fields.Array("aliases", MaxAliases) ?? [])
        {
            if (JsonFields.TextOf(element) is not { } alias || !IsModel(alias))
            {
                errors.Add(path, ModelRule);
            }
            else if (alias == model || aliases.Contains(alias))
            {
                errors.Add(path, "names the pool's model, or an alias, a second time");
            }
            else
            {
                aliases.Add(alias);
            }
        }

        return aliases;
    }

    private static List<IPNetwork>? Addresses(JsonFields fields, ErrorList errors)
    {
        if (fields.Array("addresses", MaxAddresses) is not { } elements)
        {
            return null;
        }

        var networks = new List<IPNetwork>();
        foreach (var (element, path) in elements)
        {
            if (JsonFields.TextOf(element) is { } text && TryParseNetwork(text, out var network))
            {
                networks.Add(network);
            }
            else
            {
                errors.Add(path, "must be a network such as 10.0.0.0/8, with no bit set beyond its prefix");
            }
        }

        return networks;
    }

    private static List<DeclaredInstance> Instances(JsonFields fields, PoolDefinition pool, ErrorList errors)
    {
        var instances = new List<DeclaredInstance>();
        var names = new HashSet<InstanceName>();
        foreach (var (element, path) in fields.Array("instances", MaxInstances) ?? [])
        {
            if (DeclaredInstanceReader.Read(element, path, pool, errors) is not { } instance)
            {
                continue;
            }

            if (names.Add(instance.Name))
            {
                instances.Add(instance);
            }
            else
            {
                errors.Add($"{path}.name", $"'{instance.Name}' is the name of an instance above");
            }
        }

        return instances;
    }

    // The parser itself drops bits beyond the prefix; who wrote 10.0.0.1/8 may have meant one machine, and would allow 16 million.
    private static bool TryParseNetwork(string text, out IPNetwork network) =>
        IPNetwork.TryParse(text, out network)
        && IPAddress.TryParse(text.AsSpan(0, text.IndexOf('/', StringComparison.Ordinal)), out var address)
        && address.Equals(network.BaseAddress);

    private static bool IsModel(string model) =>
        model.Length is > 0 and <= MaxModelLength
        && !model.Any(char.IsControl)
        && !char.IsWhiteSpace(model[0])
        && !char.IsWhiteSpace(model[^1]);
}
