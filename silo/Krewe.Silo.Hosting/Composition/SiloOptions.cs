using Krewe.Fleet.Hosting;
using Krewe.Gateway.Client;
using Krewe.Gateway.Control;
using Krewe.Gateway.Lifecycle;
using Krewe.Gateway.Ports;
using Krewe.Silo.Hosting.Commands;
using Krewe.Silo.Hosting.Telemetry;
using Microsoft.Extensions.Configuration;

namespace Krewe.Silo.Hosting.Composition;

/// <summary>The option sections of a silo, read and checked once, at start.</summary>
internal sealed record SiloOptions(
    FleetOptions Fleet,
    ShutdownOptions Shutdown,
    ClientPortOptions Client,
    ControlOptions Control,
    PortLimits Limits,
    SiloTlsOptions Tls,
    EngineTlsOptions EngineTls,
    TelemetryOptions Telemetry)
{
    /// <exception cref="UsageException">A value that cannot be; the message names its key.</exception>
    public static SiloOptions Read(IConfiguration configuration)
    {
        var options = new SiloOptions(
            Bind<FleetOptions>(configuration, "Krewe:Fleet"),
            Bind<ShutdownOptions>(configuration, "Krewe:Shutdown"),
            Bind<ClientPortOptions>(configuration, "Krewe:Client"),
            Bind<ControlOptions>(configuration, "Krewe:Control"),
            Bind<PortLimits>(configuration, PortLimits.Section),
            Bind<SiloTlsOptions>(configuration, SiloTlsOptions.Section),
            Bind<EngineTlsOptions>(configuration, EngineTlsOptions.Section),
            Bind<TelemetryOptions>(configuration, TelemetryOptions.Section).WithStandardKeys(configuration));
        List<string> errors =
        [
            .. options.Fleet.Validate(),
            .. options.Shutdown.Validate(),
            .. options.Client.Validate(),
            .. options.Control.Validate(),
            .. options.Limits.Validate(),
            .. options.Tls.Validate(),
            .. options.EngineTls.Validate(),
            .. options.Telemetry.Validate(),
        ];
        return errors.Count == 0 ? options : throw new UsageException(string.Join(" ", errors));
    }

    /// <summary>Looks whether ports that others reach have credentials that would let them in; what does not is not started.</summary>
    /// <exception cref="UsageException">One has none; the message names what to set.</exception>
    public void CheckPorts(SiloSettings settings)
    {
        // The gRPC port has the client port's address, and its keys.
        var refusals = new[] { Client.RefusalAt(settings.Bind), Control.RefusalAt(settings.ControlBind ?? settings.Bind) }.OfType<string>().ToList();
        if (refusals.Count > 0)
        {
            throw new UsageException(string.Join(" ", refusals));
        }
    }

    private static T Bind<T>(IConfiguration configuration, string section)
        where T : new()
    {
        try
        {
            return configuration.GetSection(section).Get<T>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new T();
        }
        catch (InvalidOperationException error)
        {
            throw new UsageException($"{section}: {error.InnerException?.Message ?? error.Message}", error);
        }
    }
}
