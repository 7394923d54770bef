using System.Net;

namespace Krewe.Silo.Hosting.Commands;

/// <summary>Where and how this silo runs.</summary>
public sealed record SiloSettings
{
    /// <summary>Port of the OpenAI API. 0 = a free one. Default: 8080.</summary>
    public int ClientPort { get; init; } = 8080;

    /// <summary>Port of engines and operators. 0 = a free one. Default: 8081.</summary>
    public int ControlPort { get; init; } = 8081;

    /// <summary>Port of the gRPC services. 0 = a free one. Default: 8082. Served by the Orleans host.</summary>
    public int GrpcPort { get; init; } = 8082;

    /// <summary>Address to listen on. Default: 127.0.0.1.</summary>
    public IPAddress Bind { get; init; } = IPAddress.Loopback;

    /// <summary>Address that the control port listens on; null = <see cref="Bind"/>. Default: null.</summary>
    public IPAddress? ControlBind { get; init; }

    /// <summary>Folder of the state. Default: <c>krewe</c> in the user's data folder.</summary>
    public string Data { get; init; } = DefaultData;

    /// <summary>Simulated engines to start. Default: 2p2d.</summary>
    public PlaygroundKind Playground { get; init; } = PlaygroundKind.TwoPrefillTwoDecode;

    /// <summary>File with the pools, as JSON; null = pools are made by the engines that register.</summary>
    public string? Pools { get; init; }

    /// <summary>Only make the stores ready for this release, and end. Default: false.</summary>
    public bool Migrate { get; init; }

    private static string DefaultData => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify) is { Length: > 0 } folder ? folder : ".",
        "krewe");
}
