using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Krewe.Silo.Hosting.Commands;
using Microsoft.AspNetCore.Builder;

namespace Krewe.Silo.Hosting.Composition;

/// <summary>What differs between the silos: what hosts the actors.</summary>
public interface IActorHost
{
    /// <summary>As <c>--host</c> names it.</summary>
    string Name { get; }

    /// <summary>Adds what it needs to the control port's application, with which it starts and stops; among it <see cref="IActors"/>.</summary>
    /// <exception cref="IOException">The state cannot be opened.</exception>
    void Configure(WebApplicationBuilder builder, SiloSettings settings, FleetServices services);
}
