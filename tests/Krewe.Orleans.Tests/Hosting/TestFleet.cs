using Krewe.Core.Identity;
using Krewe.Core.Randomness;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Krewe.Fleet.Telemetry;

namespace Krewe.Orleans.Tests.Hosting;

/// <summary>What the actors of a test's silo share, on real time.</summary>
internal static class TestFleet
{
    /// <param name="number">Names the silo and seeds its random source.</param>
    /// <param name="probe">The engines' health.</param>
    /// <param name="options">The fleet's options.</param>
    public static FleetServices New(int number, IEngineProbe probe, FleetOptions options) =>
        new(new SiloId($"silo-{number}"), TimeProvider.System, new SeededRandom((ulong)number), probe, options, new KreweInstruments());
}
