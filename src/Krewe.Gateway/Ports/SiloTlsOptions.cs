namespace Krewe.Gateway.Ports;

/// <summary>TLS of the silo's ports, each by itself, and of silos among themselves.</summary>
public sealed class SiloTlsOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Krewe:Tls";

    /// <summary>The client port.</summary>
    public PortTlsOptions Client { get; set; } = new();

    /// <summary>The control port.</summary>
    public PortTlsOptions Control { get; set; } = new();

    /// <summary>The gRPC port.</summary>
    public PortTlsOptions Grpc { get; set; } = new();

    /// <summary>Silos among themselves.</summary>
    public PeerTlsOptions Silos { get; set; } = new();

    /// <summary>What is wrong; empty if nothing. Each message names the key.</summary>
    public IEnumerable<string> Validate() =>
    [
        .. Client.Validate($"{Section}:{nameof(Client)}"),
        .. Control.Validate($"{Section}:{nameof(Control)}"),
        .. Grpc.Validate($"{Section}:{nameof(Grpc)}"),
        .. Silos.Validate($"{Section}:{nameof(Silos)}"),
    ];
}
