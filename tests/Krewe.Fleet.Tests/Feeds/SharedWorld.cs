using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Core.Randomness;
using Krewe.Core.Load;
using Krewe.Core.Routing;
using Krewe.Fleet.Feeds;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Telemetry;
using Krewe.HostConformance;
using Krewe.Testing;

namespace Krewe.Fleet.Tests.Feeds;

/// <summary>Several silos that share their views over a network that a test can cut, on a clock that moves only when told.</summary>
internal sealed class SharedWorld : IDisposable
{
    private readonly Dictionary<SiloId, Member> _members = [];

    public SharedWorld(params IEnumerable<string> silos)
    {
        foreach (var silo in silos)
        {
            Start(silo);
        }
    }

    public ManualTimeProvider Time { get; } = new();

    /// <summary>Whether a frame gets through; all do unless told otherwise.</summary>
    public Func<SiloId, SiloId, FleetFrame, bool> Delivers { get; set; } = (_, _, _) => true;

    /// <summary>Whether renewals get through.</summary>
    public Func<SiloId, SiloId, bool> Renews { get; set; } = (_, _) => true;

    /// <summary>Whether a silo's calls fail at once, as they do where no process listens.</summary>
    public Func<SiloId, bool> RefusesRenewal { get; set; } = _ => false;

    /// <summary>Every frame that was sent.</summary>
    public List<(SiloId To, FleetFrame Frame)> Sent { get; } = [];

    public int Snapshots { get; private set; }

    public Member this[string silo] => _members[new SiloId(silo)];

    public Member Start(string silo)
    {
        var id = new SiloId(silo);
        var fleet = new FleetServices(id, Time, new SeededRandom((ulong)_members.Count + 1), new FakeProbe(), new FleetOptions(), new KreweInstruments());
        var member = new Member(fleet, new FleetSharing(fleet, new Peers(this, id)));
        _members.Add(id, member);
        Meet();
        return member;
    }

    /// <summary>The silo is gone, and the others know.</summary>
    public void Kill(string silo)
    {
        _members.Remove(new SiloId(silo), out var gone);
        Meet([new SiloId(silo)]);
        gone!.Fleet.Dispose();
    }

    /// <summary>Lets so much time pass, a frame's interval at a time.</summary>
    public void Pass(TimeSpan time)
    {
        var frame = new FleetOptions().FrameInterval;
        for (var passed = TimeSpan.Zero; passed < time; passed += frame)
        {
            Time.Advance(frame);
            foreach (var member in _members.Values.ToList())
            {
                member.Sharing.Tick();
            }
        }
    }

    public static InstanceView View(string name, long counter, int reserved = 0, long epoch = 1, long generation = 1, Registration? registration = null, Liveness liveness = Liveness.Active) => new()
    {
        Id = World.Id(name),
        Version = new ViewVersion(new Epoch(epoch), generation, counter),
        Registration = registration ?? World.Registration(name),
        Liveness = liveness,
        Admin = AdminState.Open,
        Breaker = BreakerState.Closed,
        Schedulable = true,
        Load = new LoadSnapshot(reserved, reserved, 0, default),
        Limit = 4,
    };

    public void Dispose()
    {
        foreach (var member in _members.Values)
        {
            member.Fleet.Dispose();
        }
    }

    private void Meet(params SiloId[] gone)
    {
        foreach (var member in _members.Values)
        {
            member.Fleet.Roster.Update(_members.Keys, [], gone);
        }
    }

    internal sealed record Member(FleetServices Fleet, FleetSharing Sharing)
    {
        public int? Reserved(string name) => View(name)?.Load.ReservedRequests;

        public InstanceView? View(string name) => Fleet.View.Find(World.Pool) is { } slot && slot.View.TryGet(World.Id(name), out var view) ? view : null;
    }

    private sealed class Peers(SharedWorld world, SiloId self) : IFleetPeers
    {
        public ValueTask SendAsync(SiloId to, FleetFrame frame)
        {
            world.Sent.Add((to, frame));
            if (world.Delivers(self, to, frame) && world._members.TryGetValue(to, out var peer))
            {
                peer.Sharing.OnFrame(frame);
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask<FeedReply> RenewAsync(SiloId to, FeedRenewal renewal)
        {
            if (world.RefusesRenewal(to))
            {
                return ValueTask.FromException<FeedReply>(new IOException("Connection refused."));
            }

            if (!world.Renews(self, to) || !world._members.TryGetValue(to, out var peer))
            {
                return ValueTask.FromException<FeedReply>(new TimeoutException());
            }

            world.Snapshots += renewal.WantsSnapshot ? 1 : 0;
            return ValueTask.FromResult(peer.Sharing.OnRenewal(renewal));
        }
    }
}
