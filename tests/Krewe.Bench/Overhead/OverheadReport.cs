using System.Text.Json;

namespace Krewe.Bench.Overhead;

/// <summary>The result of <c>overhead</c>, in the shape of the contract.</summary>
internal sealed record OverheadReport
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public required string Host { get; init; }

    /// <summary>How many silos shared the fleet; one of them took all requests, and the CPU is of all of them.</summary>
    public required int Silos { get; init; }

    /// <summary>CPU of Krewe over CPU of the bare forwarder.</summary>
    public required Ratios Ratio { get; init; }

    /// <summary>p99 through Krewe (mixed) less p99 without a proxy, at half of Krewe's top rate, milliseconds.</summary>
    public required double AddedP99Ms { get; init; }

    /// <summary>The same for the bare forwarder, at the same rate: what the stack and the shared cores add by themselves.</summary>
    public required double BareAddedP99Ms { get; init; }

    public required Costs CpuUsPerRequest { get; init; }

    public required Costs CpuUsPerEvent { get; init; }

    /// <summary>On Orleans: what a request costs in messages between grains and in new grains, by target.</summary>
    public IReadOnlyDictionary<string, GrainCosts>? Grains { get; init; }

    public required long Errors { get; init; }

    public required IReadOnlyList<Row> Rows { get; init; }

    internal sealed record Ratios(double Mixed, double Pd, double Event);

    internal sealed record GrainCosts(double MessagesPerRequest, double ActivationsPerRequest);

    internal sealed record Costs(double Bare, double Mixed, double Pd);

    /// <summary>One target at one number of connections. Added times are against direct.</summary>
    internal sealed record Row(string Target, int Connections, double RequestsPerSecond, double AddedP50Ms, double AddedP99Ms, double CpuUsPerRequest);
}
