using System.Net.Security;

namespace Krewe.Gateway.Ports;

/// <summary>TLS towards engines whose URL is https. The name in an engine's certificate has to be the one in its URL. Read at start.</summary>
public sealed class EngineTlsOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Krewe:EngineTls";

    /// <summary>PEM file of the authorities that engines' certificates must come from. Default: those that the system trusts.</summary>
    public string? Authority { get; set; }

    /// <summary>PEM file of the certificate that this silo shows to engines. Default: none.</summary>
    public string? Certificate { get; set; }

    /// <summary>PEM file of its key, without a password. Default: in the certificate's file.</summary>
    public string? Key { get; set; }

    /// <summary>What is wrong; empty if nothing. Each message names the key.</summary>
    public IEnumerable<string> Validate()
    {
        if (Certificate is null && Key is not null)
        {
            yield return $"{Section}:{nameof(Certificate)}: must be given where {nameof(Key)} is.";
        }
    }

    /// <summary>What the HTTP stack wants; null where the system's own way does.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A file holds no certificate or key, or they do not fit.</exception>
    public SslClientAuthenticationOptions? Load()
    {
        if (Authority is null && Certificate is null)
        {
            return null;
        }

        var tls = new SslClientAuthenticationOptions();
        if (Authority is not null)
        {
            tls.CertificateChainPolicy = Pem.TrustOnly(Authority);
        }

        if (Certificate is not null)
        {
            var (certificate, chain) = Pem.Load(Certificate, Key);
            tls.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }

        return tls;
    }
}
