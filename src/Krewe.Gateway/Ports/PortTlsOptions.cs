namespace Krewe.Gateway.Ports;

/// <summary>A port's TLS: PEM files, read again when they change.</summary>
public sealed class PortTlsOptions
{
    /// <summary>The certificate, and the chain behind it. Default: none, the port speaks in clear.</summary>
    public string? Certificate { get; set; }

    /// <summary>Its key, without a password. Default: in the certificate's file.</summary>
    public string? Key { get; set; }

    /// <summary>The authorities whose certificates callers must show. Default: none, callers show none.</summary>
    public string? ClientAuthority { get; set; }

    /// <summary>Whether the port speaks TLS.</summary>
    public bool IsOn => Certificate is not null;

    /// <summary>What is wrong; empty if nothing. Each message names the key.</summary>
    public IEnumerable<string> Validate(string section)
    {
        if (Certificate is null && (Key ?? ClientAuthority) is not null)
        {
            yield return $"{section}:{nameof(Certificate)}: must be given where {nameof(Key)} or {nameof(ClientAuthority)} is.";
        }
    }
}
