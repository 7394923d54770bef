using System.Diagnostics;
using System.Diagnostics.Metrics;
using Krewe.Core.Bypass;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Membership;
using Krewe.Core.Pools;
using Krewe.Core.Requests;
using Krewe.Core.Resume;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Journal;
using Krewe.Fleet.Reservations;
using Krewe.Fleet.Silos;
using Krewe.Fleet.View;

namespace Krewe.Fleet.Telemetry;

/// <summary>Every metric of a silo. Times in seconds; labels come from closed sets, or from names that the operator gave.</summary>
public sealed class KreweInstruments : IDisposable
{
    public const string MeterName = "Krewe";

    // Those of OpenTelemetry's GenAI conventions, finer ones where most engines are, and longer ones for long answers and queues.
    private static readonly double[] OutputTokenBounds =
        [0.0025, 0.005, 0.0075, 0.01, 0.0125, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5];

    private static readonly double[] FirstTokenBounds =
        [0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0];

    private static readonly double[] DurationBounds =
        [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92, 163.84, 327.68, 655.36];

    private readonly Meter _meter;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _retriesRefused;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _clientRefusals;
    private readonly Counter<long> _ejections;
    private readonly Counter<long> _continuations;
    private readonly Counter<long> _binds;
    private readonly Counter<long> _bypasses;
    private readonly Counter<long> _unhosted;
    private readonly Counter<long> _transitions;
    private readonly Counter<long> _tokens;
    private readonly Counter<long> _storeFailures;
    private readonly Counter<long> _noticesLost;
    private readonly Counter<long> _turnsFailed;
    private readonly Counter<long> _snapshots;
    private readonly Counter<long> _resumes;
    private readonly Counter<long> _membershipSteps;
    private readonly UpDownCounter<long> _running;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _timeToFirstToken;
    private readonly Histogram<double> _timePerOutputToken;
    private readonly Histogram<double> _queueTime;
    private readonly Histogram<double> _viewSkew;
    private long _storeOutages;

    public KreweInstruments(IMeterFactory? factory = null)
    {
        var options = new MeterOptions(MeterName);
        _meter = factory?.Create(options) ?? new Meter(options);
        _requests = _meter.CreateCounter<long>("krewe.requests", "{request}", "Requests that ended, by outcome.");
        _attempts = _meter.CreateCounter<long>("krewe.attempts", "{attempt}", "Attempts that ended, by cause.");
        _retries = _meter.CreateCounter<long>("krewe.retries", "{attempt}", "Attempts after the first, by kind (retry, failover) and by the cause that ended the one before.");
        _retriesRefused = _meter.CreateCounter<long>("krewe.retries.refused", "{request}", "Failed attempts that no other followed, by reason.");
        _refusals = _meter.CreateCounter<long>("krewe.refusals", "{request}", "Requests that ended without any attempt, by outcome.");
        _clientRefusals = _meter.CreateCounter<long>("krewe.client.refusals", "{call}", "Calls of the client port refused for their key or its limits, before they were requests of a pool.");
        _ejections = _meter.CreateCounter<long>("krewe.ejections", "{instance}", "Instances taken out of routing, by kind (suspect, breaker) and cause.");
        _continuations = _meter.CreateCounter<long>("krewe.continuations", "{stream}", "Streams that broke after something was sent, by what became of them, and why they could not go on.");
        _binds = _meter.CreateCounter<long>("krewe.binds", "{bind}", "Bindings asked of instances, by outcome.");
        _bypasses = _meter.CreateCounter<long>("krewe.bypasses", "{binding}", "Bindings sought without an instance's actor, which failed or was late, by why and by what became of them.");
        _unhosted = _meter.CreateCounter<long>("krewe.requests.unhosted", "{request}", "Requests that run without an actor of their host, since opening it failed or was late.");
        _transitions = _meter.CreateCounter<long>("krewe.transitions", "{transition}", "Transitions of instances and pools.");
        _tokens = _meter.CreateCounter<long>("krewe.tokens", "{token}", "Tokens delivered to clients.");
        _storeFailures = _meter.CreateCounter<long>("krewe.store.failures", "{write}", "Reads and writes of the store that failed; they are tried again.");
        _noticesLost = _meter.CreateCounter<long>("krewe.notices.lost", "{notice}", "Notices from instances to pools that failed; the next nudge heals them.");
        _turnsFailed = _meter.CreateCounter<long>("krewe.turns.failed", "{turn}", "Timers of actors that ended in an exception: a fault of Krewe's own.");
        _snapshots = _meter.CreateCounter<long>("krewe.view.snapshots", "{snapshot}", "Times that another silo was asked for everything it knows: at the start, and where something was missed.");
        _resumes = _meter.CreateCounter<long>("krewe.resumes", "{resume}", "Clients that came back for a broken stream, by what came of it.");
        _membershipSteps = _meter.CreateCounter<long>("krewe.membership.steps", "{step}", "What this silo did about a membership table that had forgotten it: wrote its row, raised the version, or left.");
        _running = _meter.CreateUpDownCounter<long>("krewe.requests.running", "{request}", "Requests that are not over.");
        _duration = _meter.CreateHistogram("gen_ai.server.request.duration", "s", "From a request's arrival to its end.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationBounds });
        _timeToFirstToken = _meter.CreateHistogram("gen_ai.server.time_to_first_token", "s", "From a request's arrival to its first token sent.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = FirstTokenBounds });
        _timePerOutputToken = _meter.CreateHistogram("gen_ai.server.time_per_output_token", "s", "Of completed streams: time from the first token sent to the end, per token after the first.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = OutputTokenBounds });
        _queueTime = _meter.CreateHistogram<double>("krewe.queue.time", "s", "How long placed requests had waited in the queue.");
        _viewSkew = _meter.CreateHistogram(
            "krewe.view.skew",
            "1",
            "How far the load that routing saw was from the true one, at each binding, as a share of the instance's limit.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1] });
        _meter.CreateObservableGauge("krewe.store.outages", () => Interlocked.Read(ref _storeOutages), "{record}", "Records that wait for the store to come back.");
    }

    public void OnRequestStarted(PoolName pool) => _running.Add(1, new KeyValuePair<string, object?>("pool", pool.Value));

    /// <summary>A request is over.</summary>
    /// <param name="pool">Where.</param>
    /// <param name="outcome">How.</param>
    /// <param name="took">From its arrival.</param>
    /// <param name="tokens">Delivered.</param>
    /// <param name="operation">What it asked for.</param>
    /// <param name="model">The model as it named it: of a pool that is known, so one of a closed set; null = not told.</param>
    public void OnRequestEnded(PoolName pool, RequestOutcome outcome, TimeSpan took, long tokens, RequestOperation operation = RequestOperation.Chat, string? model = null)
    {
        var tag = new KeyValuePair<string, object?>("pool", pool.Value);
        _running.Add(-1, tag);
        _requests.Add(1, tag, new KeyValuePair<string, object?>("outcome", outcome.MetricTag()));
        var tags = Conventional(pool, operation, model);
        if (outcome != RequestOutcome.Completed)
        {
            tags.Add("error.type", outcome.MetricTag());
        }

        _duration.Record(took.TotalSeconds, tags);
        if (tokens > 0)
        {
            _tokens.Add(tokens, tag);
        }
    }

    public void OnAttemptEnded(PoolName pool, AttemptCause cause) =>
        _attempts.Add(1, new KeyValuePair<string, object?>("pool", pool.Value), new KeyValuePair<string, object?>("cause", cause.MetricTag()));

    /// <summary>Another attempt follows the one that <paramref name="cause"/> ended.</summary>
    public void OnRetry(PoolName pool, AttemptCause cause) => _retries.Add(
        1,
        new KeyValuePair<string, object?>("pool", pool.Value),
        new KeyValuePair<string, object?>("kind", cause.IsFailover() ? "failover" : "retry"),
        new KeyValuePair<string, object?>("cause", cause.MetricTag()));

    public void OnRetryRefused(PoolName pool, RetryRefusal reason) =>
        _retriesRefused.Add(1, new KeyValuePair<string, object?>("pool", pool.Value), new KeyValuePair<string, object?>("reason", reason.MetricTag()));

    /// <summary>A request ended before it had an attempt.</summary>
    public void OnRefused(PoolName pool, RequestOutcome outcome) =>
        _refusals.Add(1, new KeyValuePair<string, object?>("pool", pool.Value), new KeyValuePair<string, object?>("outcome", outcome.MetricTag()));

    /// <summary>A call was refused for its key, or for the key's limits.</summary>
    public void OnClientRefused(RequestOutcome outcome) => _clientRefusals.Add(1, new KeyValuePair<string, object?>("outcome", outcome.MetricTag()));

    public void OnContinuation(PoolName pool, ContinuationKind outcome, ContinuationRefusal reason) => _continuations.Add(
        1,
        new KeyValuePair<string, object?>("pool", pool.Value),
        new KeyValuePair<string, object?>("outcome", outcome.MetricTag()),
        new KeyValuePair<string, object?>("reason", reason.MetricTag()));

    public void OnBind(PoolName pool, BindOutcome outcome) =>
        _binds.Add(1, new KeyValuePair<string, object?>("pool", pool.Value), new KeyValuePair<string, object?>("outcome", outcome.MetricTag()));

    /// <summary>A binding's reply told the true load.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="skew">How far off it was seen, as a share of the instance's limit.</param>
    public void OnViewSkew(PoolName pool, double skew) => _viewSkew.Record(skew, new KeyValuePair<string, object?>("pool", pool.Value));

    /// <summary>A binding was sought without the instance's actor.</summary>
    public void OnBypass(PoolName pool, BypassCause cause, BypassVerdict outcome) => _bypasses.Add(
        1,
        new KeyValuePair<string, object?>("pool", pool.Value),
        new KeyValuePair<string, object?>("cause", cause.MetricTag()),
        new KeyValuePair<string, object?>("outcome", outcome.MetricTag()));

    /// <summary>A request runs without an actor of its host.</summary>
    public void OnUnhosted(PoolName pool, BypassCause cause) =>
        _unhosted.Add(1, new KeyValuePair<string, object?>("pool", pool.Value), new KeyValuePair<string, object?>("cause", cause.MetricTag()));

    public void OnFirstToken(PoolName pool, TimeSpan after, RequestOperation operation = RequestOperation.Chat, string? model = null) =>
        _timeToFirstToken.Record(after.TotalSeconds, Conventional(pool, operation, model));

    /// <summary>A stream was completed.</summary>
    /// <param name="pool">Where.</param>
    /// <param name="perToken">From its first token to its end, per token after the first.</param>
    /// <param name="operation">What it asked for.</param>
    /// <param name="model">The model as it named it; null = not told.</param>
    public void OnStreamCompleted(PoolName pool, TimeSpan perToken, RequestOperation operation = RequestOperation.Chat, string? model = null) =>
        _timePerOutputToken.Record(perToken.TotalSeconds, Conventional(pool, operation, model));

    public void OnQueueLeft(PoolName pool, TimeSpan waited) =>
        _queueTime.Record(waited.TotalSeconds, new KeyValuePair<string, object?>("pool", pool.Value));

    public void OnTransition(FleetEvent entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        _transitions.Add(1, new TagList { { "pool", entry.Pool.Value }, { "what", entry.What }, { "to", entry.To }, { "cause", entry.Cause } });
        if (Ejection(entry) is { } kind)
        {
            _ejections.Add(1, new TagList { { "pool", entry.Pool.Value }, { "kind", kind }, { "cause", entry.Cause } });
        }
    }

    public void OnStoreFailure() => _storeFailures.Add(1);

    /// <summary>Something was done about a membership table that had forgotten this silo.</summary>
    public void OnMembershipStep(TableStep step) => _membershipSteps.Add(1, new KeyValuePair<string, object?>("step", step.MetricTag()));

    /// <summary>Another silo was asked for everything it knows: at a silo's start, or because something was missed.</summary>
    public void OnSnapshotAsked() => _snapshots.Add(1);

    /// <summary>A client came back for a broken stream.</summary>
    public void OnResume(ResumeOutcome outcome) => _resumes.Add(1, new KeyValuePair<string, object?>("outcome", outcome.MetricTag()));

    public void OnNoticeLost() => _noticesLost.Add(1);

    /// <summary>A timer's turn ended in an exception.</summary>
    public void OnTurnFailed() => _turnsFailed.Add(1);

    /// <summary>A record began (+1) or ended (-1) to wait for the store.</summary>
    public void OnStoreOutage(int change) => Interlocked.Add(ref _storeOutages, change);

    public void Dispose() => _meter.Dispose();

    /// <summary>Gauges of how this silo and the others keep together.</summary>
    internal void ObserveSharing(SiloRoster roster, Func<TimeSpan> oldestSilence)
    {
        _meter.CreateObservableGauge("krewe.silos", () => roster.Active.Count, "{silo}", "Silos that take work, as this one knows.");
        _meter.CreateObservableGauge("krewe.view.age", () => oldestSilence().TotalSeconds, "s", "How long ago the silo that has been silent for longest was heard.");
    }

    /// <summary>The gauge of how the membership table is.</summary>
    public void ObserveMembership(Func<bool> isAlarmed)
    {
        ArgumentNullException.ThrowIfNull(isAlarmed);
        _meter.CreateObservableGauge(
            "krewe.membership.outage", () => isAlarmed() ? 1L : 0L, "{table}", "1 while the membership table does not answer, lacks this silo, or is older than what is known: nobody can join or be declared dead.");
    }

    /// <summary>Gauges of what this silo does without actors.</summary>
    internal void Observe(ActorReach reach)
    {
        _meter.CreateObservableGauge("krewe.instances.unreached", () => (long)reach.Unreached, "{instance}", "Instances whose actors do not answer this silo: requests are bound without them.");
        _meter.CreateObservableGauge("krewe.reservations.bypassed", () => (long)reach.Untaken, "{reservation}", "Reservations taken without their instance's actor, which has not taken them over yet.");
    }

    /// <summary>Gauges that are read from the view when somebody looks.</summary>
    internal void Observe(FleetView view, LiveReservations reservations)
    {
        _meter.CreateObservableGauge("krewe.reservations", () => reservations.Count, "{reservation}", "Reservations that this silo's attempts hold.");
        _meter.CreateObservableGauge("krewe.queue.waiting", () => view.Pools.Select(pool => Of(pool, pool.Admission.Waiting)), "{request}", "Requests that wait for room.");
        _meter.CreateObservableGauge("krewe.pool.frozen", () => view.Pools.Select(pool => Of(pool, pool.IsFrozen ? 1 : 0)), "{pool}", "1 while half of a pool is silent at once and nobody is taken for lost on silence: look at the network first.");
        _meter.CreateObservableGauge("krewe.pool.health", () => view.Pools.SelectMany(Health), "{pool}", "1 for the health that the pool has, 0 for the others: Degraded still serves, Down does not.");
        _meter.CreateObservableGauge("krewe.instances.schedulable", () => CountSchedulable(view), "{instance}", "Instances that take new work, by role; 0 where a role has instances and none does.");
        _meter.CreateObservableGauge("krewe.instances", () => Count(view), "{instance}", "Instances by liveness and role.");
        _meter.CreateObservableGauge("krewe.instances.reserved", () => view.Pools.Select(pool => Of(pool, pool.View.All().Sum(one => one.Load.ReservedRequests))), "{request}", "Reservations on a pool's instances, of all silos.");
    }

    /// <summary>What OpenTelemetry's GenAI conventions want told, beside our pool.</summary>
    private static TagList Conventional(PoolName pool, RequestOperation operation, string? model) => new()
    {
        { "pool", pool.Value },
        { "gen_ai.operation.name", operation.MetricTag() },
        { "gen_ai.provider.name", "krewe" },
        { "gen_ai.request.model", model ?? "" },
    };

    private static string? Ejection(FleetEvent entry) => (entry.What, entry.To) switch
    {
        (FleetEventWords.Liveness, nameof(Liveness.Suspect)) => "suspect",
        (FleetEventWords.Breaker, nameof(BreakerState.Open)) => "breaker",
        _ => null,
    };

    private static Measurement<long> Of(PoolSlot pool, long value) => new(value, new KeyValuePair<string, object?>("pool", pool.Name.Value));

    private static IEnumerable<Measurement<long>> Health(PoolSlot pool)
    {
        var health = pool.Judge()?.Health;
        return health is null
            ? []
            : Enum.GetValues<PoolHealth>().Select(one => new Measurement<long>(
                one == health ? 1 : 0,
                new KeyValuePair<string, object?>("pool", pool.Name.Value),
                new KeyValuePair<string, object?>("health", one.ToString())));
    }

    private static IEnumerable<Measurement<long>> CountSchedulable(FleetView view) =>
        view.Pools.SelectMany(pool => (pool.Judge()?.Roles ?? []).Select(role => new Measurement<long>(
            role.Schedulable,
            new KeyValuePair<string, object?>("pool", pool.Name.Value),
            new KeyValuePair<string, object?>("role", role.Role.ToString()))));

    private static IEnumerable<Measurement<long>> Count(FleetView view) =>
        view.Pools.SelectMany(pool => pool.View.All()
            .Where(one => one.Liveness != Liveness.Removed)
            .GroupBy(one => (one.Liveness, one.Registration.Role))
            .Select(group => new Measurement<long>(
                group.Count(),
                new KeyValuePair<string, object?>("pool", pool.Name.Value),
                new KeyValuePair<string, object?>("liveness", group.Key.Liveness.ToString()),
                new KeyValuePair<string, object?>("role", group.Key.Role.ToString()))));
}
