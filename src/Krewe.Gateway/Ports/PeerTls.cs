using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Krewe.Gateway.Ports;

/// <summary>What silos show each other, and ask of each other; of files that may be replaced while they run. Thread-safe.</summary>
public sealed class PeerTls
{
    // A name has to be said, and is not looked at: silos call each other by addresses.
    private const string AnySilo = "silo";

    private readonly PeerTlsOptions _options;
    private readonly PemFiles<Sides> _files;

    /// <param name="options">With a certificate and an authority.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A file holds no certificate or key, or they do not fit.</exception>
    public PeerTls(PeerTlsOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _files = new PemFiles<Sides>([options.Certificate, options.Key, options.Authority], Load, time);
    }

    /// <summary>For a silo that is called.</summary>
    public SslServerAuthenticationOptions Called => _files.Current.Called;

    /// <summary>For a silo that calls.</summary>
    public SslClientAuthenticationOptions Calling => _files.Current.Calling;

    /// <summary>Has it told there what cannot be read.</summary>
    public void LogTo(ILogger logger) => _files.Logger = logger;

    private static bool IsOfAuthority(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate is not null && (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None;

    private Sides Load()
    {
        var (certificate, chain) = Pem.Load(_options.Certificate!, _options.Key);
        var shown = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        return new Sides(
            new SslServerAuthenticationOptions
            {
                ServerCertificateContext = shown,
                ClientCertificateRequired = true,
                CertificateChainPolicy = Pem.TrustOnly(_options.Authority!),
                RemoteCertificateValidationCallback = IsOfAuthority,
            },
            new SslClientAuthenticationOptions
            {
                TargetHost = AnySilo,
                ClientCertificateContext = shown,
                CertificateChainPolicy = Pem.TrustOnly(_options.Authority!),
                RemoteCertificateValidationCallback = IsOfAuthority,
            });
    }

    private sealed record Sides(SslServerAuthenticationOptions Called, SslClientAuthenticationOptions Calling);
}
