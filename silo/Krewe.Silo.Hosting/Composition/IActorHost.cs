using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Krewe.Silo.Hosting.Commands;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace Krewe.Silo.Hosting.Composition;

/// <summary>What differs between the silos: what hosts the actors.</summary>
public interface IActorHost
{
    /// <summary>As <c>--host</c> names it.</summary>
    string Name { get; }

    /// <summary>What it serves over gRPC; null where it does not.</summary>
    IGrpcPort? Grpc => null;

    /// <summary>Adds what it needs to the control port's application, with which it starts and stops; among it <see cref="IActors"/>.</summary>
    /// <exception cref="IOException">The state cannot be opened.</exception>
    /// <exception cref="UsageException">The configuration asks for what cannot be.</exception>
    Task ConfigureAsync(WebApplicationBuilder builder, SiloSettings settings, FleetServices services);

    /// <summary>Adds what it shows of itself to the control port, for operators.</summary>
    void MapControl(WebApplication control)
    {
    }

    /// <summary>Makes its stores ready for this release, and nothing else. May be done again at any time.</summary>
    /// <returns>What is there now, in one line for the operator.</returns>
    /// <exception cref="IOException">The state cannot be opened.</exception>
    /// <exception cref="UsageException">The configuration asks for what cannot be.</exception>
    Task<string> MigrateAsync(SiloSettings settings, IConfiguration configuration);
}
