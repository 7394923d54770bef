using System.Net.Security;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Ports;

/// <summary>TLS of a listening port, with certificates that may be replaced while it serves.</summary>
public sealed class PortTls
{
    private readonly PortTlsOptions _options;
    private readonly PemFiles<SslServerAuthenticationOptions> _files;

    /// <param name="options">With a certificate.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A file holds no certificate or key, or they do not fit.</exception>
    public PortTls(PortTlsOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _files = new PemFiles<SslServerAuthenticationOptions>([options.Certificate, options.Key, options.ClientAuthority], Load, time);
    }

    /// <summary>Has a listener speak TLS, 1.2 and 1.3 as the system allows.</summary>
    public void Apply(ListenOptions listen)
    {
        ArgumentNullException.ThrowIfNull(listen);
        _files.Logger = listen.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger<PortTls>();
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => ValueTask.FromResult(_files.Current),
            HandshakeTimeout = TimeSpan.FromSeconds(10),
        });
    }

    private SslServerAuthenticationOptions Load()
    {
        var (certificate, chain) = Pem.Load(_options.Certificate!, _options.Key);
        var tls = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true),
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        };
        if (_options.ClientAuthority is { } authority)
        {
            tls.ClientCertificateRequired = true;
            tls.CertificateChainPolicy = Pem.TrustOnly(authority);
        }

        return tls;
    }
}
