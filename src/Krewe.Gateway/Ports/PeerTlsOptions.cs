namespace Krewe.Gateway.Ports;

/// <summary>
/// TLS of silos among themselves: PEM files, read again when they change. Each silo shows its certificate, and takes the
/// other for a silo if the authority signed what that one shows; so the authority has to be the silos' own, and sign
/// nothing else. Silos call each other by addresses: names in certificates are not looked at.
/// </summary>
public sealed class PeerTlsOptions
{
    /// <summary>The certificate, and the chain behind it. Default: none, silos speak in clear.</summary>
    public string? Certificate { get; set; }

    /// <summary>Its key, without a password. Default: in the certificate's file.</summary>
    public string? Key { get; set; }

    /// <summary>The authority that other silos' certificates must come from. Needed where there is a certificate.</summary>
    public string? Authority { get; set; }

    /// <summary>Whether silos speak TLS.</summary>
    public bool IsOn => Certificate is not null;

    /// <summary>What is wrong; empty if nothing. Each message names the key.</summary>
    public IEnumerable<string> Validate(string section)
    {
        if (Certificate is null && (Key ?? Authority) is not null)
        {
            yield return $"{section}:{nameof(Certificate)}: must be given where {nameof(Key)} or {nameof(Authority)} is.";
        }

        if (Certificate is not null && Authority is null)
        {
            yield return $"{section}:{nameof(Authority)}: must be given where {nameof(Certificate)} is: whoever it signed is a silo.";
        }
    }
}
