using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Pools;
using Krewe.Core.Time;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Instances;
using Krewe.Fleet.Ports;
using Krewe.Gateway.Control;
using Krewe.Gateway.Serving;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Polling;

/// <summary>
/// Stands in for the agents of the instances that pools declare: follows the definitions while they change, polls each
/// engine, and drains what is declared no more, or elsewhere. Of several silos each polls its share.
/// </summary>
public sealed partial class DeclaredInstancePoller(FleetServices fleet, IActors actors, EngineClients clients, ILogger<DeclaredInstancePoller> logger)
{
    private static readonly TimeSpan FollowInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan DrainWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan HandOver = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    private readonly Dictionary<InstanceId, Polled> _polled = [];
    private readonly HashSet<InstanceId> _dropped = [];
    private readonly Dictionary<InstanceId, Monotonic> _oursSince = [];

    /// <summary>Polls until cancelled; ends then without an error, when nothing of it runs any more.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await FollowAsync(cancellationToken);
                await Task.Delay(FollowInterval, fleet.Time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped, as asked.
        }
        finally
        {
            await Task.WhenAll(_polled.Values.Select(polled => polled.StopAsync()));
            _polled.Clear();
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var declared = fleet.View.Pools
            .SelectMany(pool => (pool.Definition?.Instances ?? []).Select(instance => (Id: new InstanceId(pool.Name, instance.Name), Instance: instance)))
            .ToDictionary(entry => entry.Id, entry => entry.Instance);
        foreach (var (id, polled) in _polled.ToList())
        {
            var isDeclared = declared.TryGetValue(id, out var now);
            var isOurs = fleet.Roster.Owns(id.ToString());
            if (isOurs && isDeclared && now == polled.Declared)
            {
                continue;
            }

            await polled.StopAsync();
            _polled.Remove(id);
            if (!isOurs)
            {
                // Another silo polls it from here on, and sees to its end.
                continue;
            }

            if (!isDeclared || now!.Url != polled.Declared.Url)
            {
                // Moved elsewhere, the name is free once what runs at the old place has ended.
                _dropped.Add(id);
                await DrainAsync(id, cancellationToken);
            }
        }

        foreach (var (id, instance) in declared)
        {
            if (!fleet.Roster.Owns(id.ToString()))
            {
                _oursSince.Remove(id);
            }
            else if (!_polled.ContainsKey(id) && IsHandedOver(id))
            {
                _polled.Add(id, Start(id, instance));
            }
        }

        foreach (var id in _oursSince.Keys.Where(id => !declared.ContainsKey(id)).ToList())
        {
            _oursSince.Remove(id);
        }
    }

    // Two that number their reports at once would take each other's for old: whoever polled it until now hears of the
    // change, and stops. The lease outlasts that.
    private bool IsHandedOver(InstanceId id)
    {
        var now = fleet.Time.GetMonotonic();
        _oursSince.TryAdd(id, now);
        return fleet.Roster.Others.Count == 0 || now - _oursSince[id] >= HandOver;
    }

    private Polled Start(InstanceId id, DeclaredInstance instance)
    {
        // What was dropped and is declared anew is wanted again, whatever its old life is called.
        var isBack = _dropped.Remove(id);
        IncarnationId? known = !isBack
            && fleet.View.Find(id.Pool) is { } pool
            && pool.View.TryGet(id, out var seen)
            && seen.Liveness is not Liveness.Removed
            && seen.Registration.Url == instance.Url
                ? seen.Registration.Incarnation
                : null;
        var stop = new CancellationTokenSource();
        var loop = new PolledInstance(id, instance, known, isBack, fleet, actors, clients, logger).RunAsync(stop.Token);
        return new Polled(instance, stop, loop);
    }

    private async Task DrainAsync(InstanceId id, CancellationToken cancellationToken)
    {
        try
        {
            await actors.Instance(id).AdministerAsync(new AdminCommand(AdminAction.Drain, DrainWithin)).Within(CallTimeout, fleet.Time, cancellationToken);
        }
        catch (Exception error) when (error is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
        {
            // Nobody polls it any more: its lease runs out.
            LogDrainFailed(logger, error, id);
        }
    }

    private sealed record Polled(DeclaredInstance Declared, CancellationTokenSource Stop, Task Loop)
    {
        public async Task StopAsync()
        {
            await Stop.CancelAsync();
            await Loop;
            Stop.Dispose();
        }
    }
}
