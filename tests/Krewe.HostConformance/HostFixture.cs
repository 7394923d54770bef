using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Xunit;

namespace Krewe.HostConformance;

/// <summary>
/// A host under the conformance suite: one silo, on real time, with a store that outlives its restarts. One fixture
/// serves all tests of a class, one after another; every test works in a pool of its own.
/// </summary>
/// <remarks>
/// To run the suite on a host: derive a fixture, and for each abstract class here a class of one line,
/// <c>public sealed class OnLocal(LocalHostFixture host) : RegistrationConformance(host), IClassFixture&lt;LocalHostFixture&gt;;</c>
/// The silo is built with <see cref="Probe"/> and <see cref="Options"/>, and nothing else that differs from production.
/// </remarks>
public abstract class HostFixture : IAsyncLifetime
{
    /// <summary>The engines' health, as every life of the silo sees it.</summary>
    public FakeProbe Probe { get; } = new();

    /// <summary>The actors of the present life. Read anew after <see cref="RestartAsync"/> and <see cref="CrashAsync"/>.</summary>
    public abstract IActors Actors { get; }

    /// <summary>What the silo's actors share, in the present life. Read anew after <see cref="RestartAsync"/> and <see cref="CrashAsync"/>.</summary>
    public abstract FleetServices Services { get; }

    /// <summary>The same of every silo that may host the actors: this one, unless there are several.</summary>
    public virtual IEnumerable<FleetServices> Silos => [Services];

    /// <summary>Whether the host can lose all activations without a shutdown.</summary>
    public virtual bool SupportsCrash => true;

    /// <summary>The options that the silo runs with.</summary>
    public static FleetOptions Options() => new()
    {
        AssertInterval = TimeSpan.FromMilliseconds(200),
    };

    /// <summary>Starts the silo on an empty store.</summary>
    public abstract ValueTask InitializeAsync();

    /// <summary>
    /// Stops the silo gracefully and starts another life of it on the same store: new <see cref="Actors"/>, new
    /// <see cref="Services"/> with another silo id and an empty view. Ends when calls are answered. Nobody needs to be
    /// woken: the suite does that with <see cref="FleetStarter"/>.
    /// </summary>
    public abstract ValueTask RestartAsync();

    /// <summary>
    /// The same without the stop: every activation is gone at once, nothing is flushed, what was not confirmed by the store
    /// may be lost. What the old life still does (timers, writes under way) must not reach the new one, but through the store.
    /// </summary>
    public abstract ValueTask CrashAsync();

    public abstract ValueTask DisposeAsync();
}
