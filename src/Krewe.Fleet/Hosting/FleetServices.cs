using System.Collections.Concurrent;
using Krewe.Core.Identity;
using Krewe.Core.Randomness;
using Krewe.Core.Routing;
using Krewe.Fleet.Feeds;
using Krewe.Fleet.Journal;
using Krewe.Fleet.Local;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Reservations;
using Krewe.Fleet.Resume;
using Krewe.Fleet.Silos;
using Krewe.Fleet.Telemetry;
using Krewe.Fleet.View;

namespace Krewe.Fleet.Hosting;

/// <summary>What all actors of a silo share.</summary>
public sealed class FleetServices : IDisposable
{
    public FleetServices(SiloId silo, TimeProvider time, IRandomSource random, IEngineProbe probe, FleetOptions options, KreweInstruments instruments)
    {
        ArgumentNullException.ThrowIfNull(instruments);
        Silo = silo;
        Time = time;
        Random = random;
        Probe = probe;
        Options = options;
        Instruments = instruments;
        View = new FleetView(time);
        Events = new EventLog(time);
        Roster = new SiloRoster(silo);
        Feed = new FleetFeed(silo, View, options, time);
        Publisher = new SiloPublisher(View, Feed, Events, Reservations, instruments);
        Router = new Router(random);
        Reach = new ActorReach(View, Events, instruments, options, time);
        instruments.Observe(View, Reservations);
        instruments.Observe(Reach);
    }

    public SiloId Silo { get; }

    public TimeProvider Time { get; }

    public IRandomSource Random { get; }

    public IEngineProbe Probe { get; }

    public FleetOptions Options { get; }

    public KreweInstruments Instruments { get; }

    public FleetView View { get; }

    /// <summary>Which silos there are.</summary>
    public SiloRoster Roster { get; }

    /// <summary>What this silo's actors say, for other silos.</summary>
    public FleetFeed Feed { get; }

    public EventLog Events { get; }

    public RequestLog EndedRequests { get; } = new();

    public LiveReservations Reservations { get; } = new();

    /// <summary>Which instances' actors do not answer, and what was bound without them.</summary>
    public ActorReach Reach { get; }

    /// <summary>Requests that run without an actor of their host, while they run.</summary>
    public ConcurrentDictionary<RequestId, UnhostedRequest> Unhosted { get; } = new();

    public IFleetPublisher Publisher { get; }

    /// <summary>This silo's requests, for clients that come back by way of another silo; null where no client port is open.</summary>
    public IRequestHolder? RequestHolder { get; set; }

    /// <summary>The other silos' requests; null where this silo is alone.</summary>
    public IRequestPeers? RequestPeers { get; set; }

    public Router Router { get; }

    /// <summary>Cancels outside of the turn that asks: whoever listens must not run within it. A simulator keeps it on its one thread.</summary>
    public Action<CancellationTokenSource> CancelAside { get; init; } = static source => _ = source.CancelAsync();

    public void Dispose() => View.Dispose();
}
