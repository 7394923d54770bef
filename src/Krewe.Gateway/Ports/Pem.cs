using System.Security.Cryptography.X509Certificates;

namespace Krewe.Gateway.Ports;

/// <summary>Certificates in PEM files.</summary>
internal static class Pem
{
    /// <summary>A certificate with its key, and what else is in its file.</summary>
    public static (X509Certificate2 Certificate, X509Certificate2Collection Chain) Load(string certificateFile, string? keyFile)
    {
        using var fromPem = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(certificateFile);

        // A key in memory only is not usable on every platform; a detour by PKCS #12 makes it so.
        return (X509CertificateLoader.LoadPkcs12(fromPem.Export(X509ContentType.Pkcs12), null), chain);
    }

    /// <summary>Trusts what these authorities signed, and nothing else. Names are checked all the same.</summary>
    public static X509ChainPolicy TrustOnly(string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(file);
        return policy;
    }
}
