using System.Diagnostics.Metrics;
using Krewe.Core.Bypass;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Membership;
using Krewe.Core.Pools;
using Krewe.Core.Requests;
using Krewe.Core.Resume;
using Krewe.Core.Routing;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Journal;
using Krewe.Fleet.Silos;
using Krewe.Fleet.Telemetry;
using Krewe.Testing;

namespace Krewe.Fleet.Tests.Telemetry;

/// <summary>Every instrument, its labels, and the values that they can have: closed sets, of the enums that they come from, told in deploy/observability/README.md, which is the one page of them.</summary>
public sealed partial class MetricCatalogTests : IDisposable
{
    /// <summary>Labels whose values are names that the operator gave.</summary>
    private static readonly string[] Named = ["pool", "gen_ai.request.model"];

    /// <summary>All other labels.</summary>
    private static readonly Dictionary<(string Instrument, string Label), IEnumerable<string>> Sets = new()
    {
        [("gen_ai.server.request.duration", "gen_ai.operation.name")] = Tags<RequestOperation>(operation => operation.MetricTag()),
        [("gen_ai.server.request.duration", "gen_ai.provider.name")] = ["krewe"],
        [("gen_ai.server.request.duration", "error.type")] = Tags<RequestOutcome>(outcome => outcome.MetricTag()).Except([RequestOutcome.Completed.MetricTag()]),
        [("gen_ai.server.time_to_first_token", "gen_ai.operation.name")] = Tags<RequestOperation>(operation => operation.MetricTag()),
        [("gen_ai.server.time_to_first_token", "gen_ai.provider.name")] = ["krewe"],
        [("gen_ai.server.time_per_output_token", "gen_ai.operation.name")] = Tags<RequestOperation>(operation => operation.MetricTag()),
        [("gen_ai.server.time_per_output_token", "gen_ai.provider.name")] = ["krewe"],
        [("krewe.pool.health", "health")] = Enum.GetNames<PoolHealth>(),
        [("krewe.instances.schedulable", "role")] = Enum.GetNames<InstanceRole>(),
        [("krewe.requests", "outcome")] = Tags<RequestOutcome>(outcome => outcome.MetricTag()),
        [("krewe.refusals", "outcome")] = Tags<RequestOutcome>(outcome => outcome.MetricTag()),
        [("krewe.client.refusals", "outcome")] = Tags<RequestOutcome>(outcome => outcome.MetricTag()),
        [("krewe.attempts", "cause")] = Tags<AttemptCause>(cause => cause.MetricTag()),
        [("krewe.retries", "kind")] = ["failover", "retry"],
        [("krewe.retries", "cause")] = Tags<AttemptCause>(cause => cause.MetricTag()),
        [("krewe.retries.refused", "reason")] = Tags<RetryRefusal>(reason => reason.MetricTag()),
        [("krewe.continuations", "outcome")] = Tags<ContinuationKind>(kind => kind.MetricTag()),
        [("krewe.continuations", "reason")] = Tags<ContinuationRefusal>(reason => reason.MetricTag()),
        [("krewe.resumes", "outcome")] = Tags<ResumeOutcome>(outcome => outcome.MetricTag()),
        [("krewe.binds", "outcome")] = Tags<BindOutcome>(outcome => outcome.MetricTag()),
        [("krewe.bypasses", "cause")] = Tags<BypassCause>(cause => cause.MetricTag()),
        [("krewe.bypasses", "outcome")] = Tags<BypassVerdict>(verdict => verdict.MetricTag()),
        [("krewe.requests.unhosted", "cause")] = Tags<BypassCause>(cause => cause.MetricTag()),
        [("krewe.membership.steps", "step")] = Tags<TableStep>(step => step.MetricTag(), TableStep.None),
        [("krewe.transitions", "what")] = FleetEventWords.What,
        [("krewe.transitions", "to")] = FleetEventWords.To,
        [("krewe.transitions", "cause")] = FleetEventWords.Causes,
        [("krewe.ejections", "kind")] = ["breaker", "suspect"],
        [("krewe.ejections", "cause")] = FleetEventWords.Causes,
        [("krewe.instances", "liveness")] = Enum.GetNames<Liveness>().Except([nameof(Liveness.Removed)]),
        [("krewe.instances", "role")] = Enum.GetNames<InstanceRole>(),
    };

    private readonly Meters _factory = new();
    private readonly KreweInstruments _instruments;
    private readonly SortedDictionary<string, Instrument> _published = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Dictionary<string, string>>> _series = [];
    private readonly MeterListener _listener;

    public MetricCatalogTests()
    {
        _instruments = new KreweInstruments(_factory);
        _listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == _factory.Made)
                {
                    _published.Add(instrument.Name, instrument);
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        _listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Take(instrument, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, _, tags, _) => Take(instrument, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Take(instrument, tags));
        _listener.Start();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _instruments.Dispose();
        _factory.Dispose();
    }

    [Fact]
    public void Labels_have_closed_sets_of_values_and_the_page_lists_them()
    {
        using var world = new World();
        SayEverything(world);

        foreach (var (name, series) in _series)
        {
            foreach (var label in series.SelectMany(one => one.Keys).Distinct().Where(label => !Named.Contains(label)))
            {
                Assert.True(Sets.TryGetValue((name, label), out var set), $"{name} has a label {label} that no set closes.");
                Assert.Equal(set.Order(StringComparer.Ordinal), ValuesOf(name, label));
            }
        }

        Assert.All(Sets.Keys, key => Assert.NotEmpty(ValuesOf(key.Instrument, key.Label)));
        DocumentBlock.Check("deploy/observability/README.md", "metrics", Page());
    }

    [Fact]
    public void No_instrument_is_left_out()
    {
        using var world = new World();
        SayEverything(world);
        Assert.Equal(_published.Keys, _series.Keys.Order(StringComparer.Ordinal));
        Assert.All(_published.Values, instrument => Assert.False(string.IsNullOrEmpty(instrument.Description) || string.IsNullOrEmpty(instrument.Unit)));
    }

    /// <summary>Everything that a silo can say, with every value of every enum.</summary>
    private void SayEverything(World world)
    {
        var pool = World.Pool;
        _instruments.OnRequestStarted(pool);
        All<RequestOutcome>(outcome => All<RequestOperation>(operation => _instruments.OnRequestEnded(pool, outcome, TimeSpan.FromSeconds(1), tokens: 1, operation, "sim-model")));
        All<RequestOutcome>(outcome => _instruments.OnRefused(pool, outcome));
        All<RequestOutcome>(_instruments.OnClientRefused);
        All<AttemptCause>(cause => _instruments.OnAttemptEnded(pool, cause));
        All<AttemptCause>(cause => _instruments.OnRetry(pool, cause));
        All<RetryRefusal>(reason => _instruments.OnRetryRefused(pool, reason));
        All<ContinuationKind>(kind => All<ContinuationRefusal>(reason => _instruments.OnContinuation(pool, kind, reason)));
        All<BindOutcome>(outcome => _instruments.OnBind(pool, outcome));
        All<BypassCause>(cause => _instruments.OnUnhosted(pool, cause));
        All<BypassCause>(cause => All<BypassVerdict>(outcome => _instruments.OnBypass(pool, cause, outcome)));
        All<RequestOperation>(operation => _instruments.OnFirstToken(pool, TimeSpan.FromSeconds(1), operation, "sim-model"));
        All<RequestOperation>(operation => _instruments.OnStreamCompleted(pool, TimeSpan.FromSeconds(1), operation, "sim-model"));
        _instruments.OnViewSkew(pool, 0.5);
        _instruments.OnQueueLeft(pool, TimeSpan.FromSeconds(1));
        _instruments.OnStoreFailure();
        _instruments.OnNoticeLost();
        _instruments.OnTurnFailed();
        _instruments.OnSnapshotAsked();
        All<ResumeOutcome>(outcome => _instruments.OnResume(outcome));
        foreach (var what in FleetEventWords.What)
        {
            foreach (var to in FleetEventWords.To)
            {
                foreach (var cause in FleetEventWords.Causes)
                {
                    _instruments.OnTransition(new FleetEvent { Pool = pool, What = what, From = "-", To = to, Cause = cause });
                }
            }
        }

        world.Services.View.Apply(new Fleet.View.PoolPublication(PoolDefinition.ForModel(pool, "sim-model"), 1));
        All<Liveness>(liveness => All<InstanceRole>(role => world.Services.View.Apply(Instance(liveness, role))));
        _instruments.Observe(world.Services.View, world.Services.Reservations);
        _instruments.Observe(world.Services.Reach);
        All<TableStep>(step =>
        {
            if (step != TableStep.None)
            {
                _instruments.OnMembershipStep(step);
            }
        });
        _instruments.ObserveMembership(() => true);
        _instruments.ObserveSharing(new SiloRoster(world.Services.Silo), () => TimeSpan.FromSeconds(1));
        _listener.RecordObservableInstruments();
    }

    private IEnumerable<string> Page()
    {
        yield return "| Metric | Kind, unit | Labels | What it counts |";
        yield return "| --- | --- | --- | --- |";
        foreach (var (name, instrument) in _published)
        {
            var kind = instrument.GetType().Name.Split('`')[0] switch
            {
                "Counter" => "counter",
                "UpDownCounter" or "ObservableGauge" => "gauge",
                "Histogram" => "histogram",
                var other => other,
            };
            var labels = _series[name].SelectMany(one => one.Keys).Distinct().Select(label => Named.Contains(label) ? $"`{label}`" : $"`{label}`: {Values(name, label)}");
            yield return $"| `{name}` | {kind}, {instrument.Unit} | {string.Join("; ", labels)} | {instrument.Description} |";
        }
    }

    private static string Values(string name, string label)
    {
        // The long sets are told once, and by what they are made of.
        var values = Sets[(name, label)].ToList();
        return values.SequenceEqual(FleetEventWords.Causes) ? "that of the event"
            : values.SequenceEqual(FleetEventWords.To) ? "the state"
            : string.Join(", ", values);
    }

    private List<string> ValuesOf(string name, string label) =>
        [.. _series.GetValueOrDefault(name, []).Where(one => one.ContainsKey(label)).Select(one => one[label]).Distinct().Order(StringComparer.Ordinal)];

    private void Take(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new Dictionary<string, string>();
        foreach (var (label, value) in tags)
        {
            labels.Add(label, Assert.IsType<string>(value));
        }

        if (!_series.TryGetValue(instrument.Name, out var series))
        {
            _series.Add(instrument.Name, series = []);
        }

        series.Add(labels);
    }

    private static InstanceView Instance(Liveness liveness, InstanceRole role) => new()
    {
        Id = World.Id($"{liveness}-{role}".ToLowerInvariant()),
        Version = new ViewVersion(new Epoch(1), 1, 1),
        Registration = World.Registration("x", role: role),
        Liveness = liveness,
        Admin = AdminState.Open,
        Breaker = BreakerState.Closed,
        Schedulable = false,
        Load = new LoadSnapshot(0, 0, 0, default),
        Limit = 1,
    };

    private static IEnumerable<string> Tags<T>(Func<T, string> tag, params T[] except)
        where T : struct, Enum => Enum.GetValues<T>().Except(except).Select(tag);

    private static void All<T>(Action<T> say)
        where T : struct, Enum => Array.ForEach(Enum.GetValues<T>(), say);

    /// <summary>Makes one meter, and knows it.</summary>
    private sealed class Meters : IMeterFactory
    {
        public Meter? Made { get; private set; }

        public Meter Create(MeterOptions options) => Made = new Meter(options);

        public void Dispose() => Made?.Dispose();
    }
}
