using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Load;
using Krewe.Core.Pools;
using Krewe.Core.Time;
using Krewe.Engines.Http;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Ports;
using Krewe.Gateway.Control;
using Krewe.Gateway.Serving;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Polling;

/// <summary>One engine without an agent: asked for its health and load, registered and kept alive as an agent would.</summary>
internal sealed partial class PolledInstance
{
    private static readonly TimeSpan DefaultInterval = LeaseOptions.Default.HeartbeatInterval;
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    // Pages of metrics can be slow to make, and making them costs the engine.
    private static readonly TimeSpan ScrapeTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ScrapeInterval = TimeSpan.FromSeconds(1);

    private readonly InstanceId _id;
    private readonly DeclaredInstance _declared;
    private readonly FleetServices _fleet;
    private readonly IActors _actors;
    private readonly EngineClients _clients;
    private readonly ILogger _logger;
    private readonly EngineLife _life;
    private TimeSpan _interval = DefaultInterval;
    private Task<EngineMetrics?>? _scrape;
    private Monotonic _scrapedAt;
    private ReportedLoad _load;
    private long _sequence;
    private bool _renewFirst;
    private bool _isRegistered;
    private bool _isDrained;
    private RegistrationFault? _fault;

    /// <param name="id">Its pool and name.</param>
    /// <param name="declared">What the pool's definition says of it.</param>
    /// <param name="known">The incarnation that is registered for it at this address; null if none is, or if it is not to go on.</param>
    /// <param name="isBack">Whether it was dropped from the definition and is declared anew: then its life gets a name that no drain knows.</param>
    /// <param name="fleet">The silo.</param>
    /// <param name="actors">The fleet.</param>
    /// <param name="clients">How its pool's engines are reached.</param>
    /// <param name="logger">Told of what an operator should know.</param>
    public PolledInstance(InstanceId id, DeclaredInstance declared, IncarnationId? known, bool isBack, FleetServices fleet, IActors actors, EngineClients clients, ILogger logger)
    {
        _id = id;
        _declared = declared;
        _fleet = fleet;
        _actors = actors;
        _clients = clients;
        _logger = logger;
        _life = new EngineLife(fleet.Random, known);
        _renewFirst = isBack;
    }

    private TimeProvider Time => _fleet.Time;

    /// <summary>Polls until cancelled; ends then without an error.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var began = Time.GetMonotonic();
            try
            {
                await PollAsync(cancellationToken);
            }
            catch (Exception error) when (error is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
            {
                // The fleet did not take it; the next round says it again.
                LogRoundFailed(_logger, error, _id);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            var rest = _interval - (Time.GetMonotonic() - began);
            if (rest > TimeSpan.Zero && !await PauseAsync(rest, cancellationToken))
            {
                break;
            }
        }

        if (_scrape is { } scrape)
        {
            await Task.WhenAny(scrape);
        }
    }

    private async Task<bool> PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(pause, Time, cancellationToken);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task PollAsync(CancellationToken cancellationToken)
    {
        var client = _clients.For(_id.Pool);
        switch (await new HealthProbe(client, Time).ProbeAsync(_declared.Url, ProbeTimeout, null, cancellationToken))
        {
            case ProbeResult.Ok:
                var seenAt = Time.GetMonotonic();
                await LookAsync(client, cancellationToken);
                await TellAsync(seenAt, cancellationToken);
                break;
            case ProbeResult.Refused:
                _life.Refused();
                break;
            default:
                // Silent or unhealthy: its lease runs out by itself.
                break;
        }
    }

    /// <summary>Reads the engine's metrics: waits for them only where they decide whose life this is.</summary>
    private async Task LookAsync(EngineClient client, CancellationToken cancellationToken)
    {
        var mustAsk = _life.MustAsk;
        var now = Time.GetMonotonic();
        if (_scrape is null && (mustAsk || now - _scrapedAt >= ScrapeInterval))
        {
            _scrapedAt = now;
            _scrape = new MetricsScrape(client, Time).ReadAsync(_declared.Url, ScrapeTimeout, null, cancellationToken).AsTask();
        }

        if (_scrape is not { } scrape || (!mustAsk && !scrape.IsCompleted))
        {
            _life.Answered(null, wasAsked: false);
            return;
        }

        _scrape = null;
        var metrics = await scrape;
        _load = metrics?.Load ?? _load;
        if (_life.Answered(metrics?.ProcessStart, wasAsked: true))
        {
            if (_renewFirst)
            {
                _renewFirst = false;
                _life.Renew();
            }

            _isRegistered = false;
            _isDrained = false;
            _load = metrics?.Load ?? default;
            LogNewLife(_logger, _id, _life.Incarnation!.Value.Value);
        }
    }

    private async Task TellAsync(Monotonic seenAt, CancellationToken cancellationToken)
    {
        if (_isDrained)
        {
            // It was taken out on purpose: only a new life comes back.
            return;
        }

        if (!_isRegistered && !await RegisterAsync(cancellationToken))
        {
            return;
        }

        var beat = new HeartbeatCommand(_life.Incarnation!.Value, ++_sequence, Time.GetMonotonic() - seenAt, _load);
        var reply = await _actors.Instance(_id).HeartbeatAsync(beat).Within(CallTimeout, Time, cancellationToken);
        switch (reply.Verdict)
        {
            case InstanceVerdict.UnknownInstance:
                _isRegistered = false;
                break;
            case InstanceVerdict.StaleIncarnation:
                _isRegistered = false;
                _life.Renew();
                break;
            case InstanceVerdict.Drained:
                _isDrained = true;
                break;
            default:
                break;
        }
    }

    private async Task<bool> RegisterAsync(CancellationToken cancellationToken)
    {
        if (_fleet.View.Find(_id.Pool)?.Definition is not { } pool)
        {
            return false;
        }

        var registration = new Registration
        {
            Incarnation = _life.Incarnation!.Value,
            Role = _declared.Role,
            Protocol = _declared.Protocol,
            Url = _declared.Url,
            Model = pool.Model,
            TransferGroup = _declared.TransferGroup,
            Capacity = _declared.Capacity,
        };
        var fault = RegistrationRule.CheckDeclared(pool, registration);
        if (fault != _fault)
        {
            _fault = fault;
            if (fault is not null)
            {
                LogRefused(_logger, _id, fault.Field, fault.Message);
            }
        }

        if (fault is not null)
        {
            return false;
        }

        var reply = await _actors.Instance(_id).RegisterAsync(registration).Within(CallTimeout, Time, cancellationToken);
        switch (reply.Verdict)
        {
            case InstanceVerdict.Accepted or InstanceVerdict.Renewed:
                _interval = reply.HeartbeatInterval > TimeSpan.Zero ? reply.HeartbeatInterval : DefaultInterval;
                _sequence = 0;
                return _isRegistered = true;
            case InstanceVerdict.StaleIncarnation:
                _life.Renew();
                return false;
            case InstanceVerdict.Drained:
                _isDrained = true;
                return false;
            default:
                // Another one lives under this name: asked again in the next round.
                return false;
        }
    }
}
