using System.Net.Security;
using System.Security.Cryptography;
using Krewe.Gateway.Ports;
using Krewe.Silo.Hosting.Commands;
using Microsoft.Extensions.Configuration;

namespace Krewe.Silo.Hosting.Composition;

/// <summary>TLS as configured; what cannot be read at start is told in one line.</summary>
public static class SiloTls
{
    /// <summary>Of silos among themselves; null where they speak in clear.</summary>
    /// <exception cref="UsageException">A file cannot be read, or holds what cannot be.</exception>
    public static PeerTls? OfSilos(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);

        // Checked with all other options before.
        var section = configuration.GetSection($"{SiloTlsOptions.Section}:{nameof(SiloTlsOptions.Silos)}");
        var options = section.Get<PeerTlsOptions>() ?? new PeerTlsOptions();
        return options.IsOn ? Read(section.Path, () => new PeerTls(options, TimeProvider.System)) : null;
    }

    /// <summary>Of a port; null where it speaks in clear.</summary>
    /// <exception cref="UsageException">A file cannot be read, or holds what cannot be.</exception>
    internal static PortTls? Of(PortTlsOptions options, string section) =>
        options.IsOn ? Read(section, () => new PortTls(options, TimeProvider.System)) : null;

    /// <summary>Towards engines; null for the system's own way.</summary>
    /// <exception cref="UsageException">A file cannot be read, or holds what cannot be.</exception>
    internal static SslClientAuthenticationOptions? TowardsEngines(EngineTlsOptions options) => Read(EngineTlsOptions.Section, options.Load);

    private static T Read<T>(string section, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new UsageException($"{section}: {error.Message}", error);
        }
    }
}
