using Microsoft.Extensions.Configuration;

namespace Krewe.Silo.Hosting.Telemetry;

/// <summary>Where metrics and traces go, beside <c>/metrics</c>: by OTLP, and nowhere unless an endpoint is named.</summary>
public sealed class TelemetryOptions
{
    public const string Section = "Krewe:Telemetry";

    public const string HttpProtobuf = "http/protobuf";

    public const string Grpc = "grpc";

    /// <summary>The collector's URL without a signal's path, such as <c>http://collector:4318</c>. Default: <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>; without either nothing is sent.</summary>
    public string? Endpoint { get; set; }

    /// <summary><c>http/protobuf</c> or <c>grpc</c>. Default: <c>OTEL_EXPORTER_OTLP_PROTOCOL</c>, else <c>http/protobuf</c>.</summary>
    public string? Protocol { get; set; }

    /// <summary>Headers for the collector, <c>name=value,…</c>; they are secrets. Default: <c>OTEL_EXPORTER_OTLP_HEADERS</c>.</summary>
    public string? Headers { get; set; }

    /// <summary>Whether metrics are sent. Default: true.</summary>
    public bool Metrics { get; set; } = true;

    /// <summary>Whether traces are sent. Default: true.</summary>
    public bool Traces { get; set; } = true;

    /// <summary>Share of the traces that begin here which are kept, 0 to 1; of those that clients began, the client's word counts. Default: 1.</summary>
    public double SampleRatio { get; set; } = 1;

    /// <summary>How often metrics are sent. Default: 15 s.</summary>
    public TimeSpan MetricInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long the collector may take for one batch. Default: 10 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary><c>service.name</c>. Default: krewe.</summary>
    public string ServiceName { get; set; } = "krewe";

    /// <summary>Whether anything is sent.</summary>
    public bool IsOn => !string.IsNullOrEmpty(Endpoint);

    /// <summary>Takes from OpenTelemetry's own variables what is not set here.</summary>
    public TelemetryOptions WithStandardKeys(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Endpoint ??= configuration["OTEL_EXPORTER_OTLP_ENDPOINT"];
        Protocol ??= configuration["OTEL_EXPORTER_OTLP_PROTOCOL"] ?? HttpProtobuf;
        Headers ??= configuration["OTEL_EXPORTER_OTLP_HEADERS"];
        return this;
    }

    /// <summary>What is wrong with these options; empty if nothing. Each message names the key.</summary>
    public IEnumerable<string> Validate()
    {
        if (IsOn && (!Uri.TryCreate(Endpoint, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Query.Length > 0))
        {
            yield return $"{Section}:{nameof(Endpoint)}: must be an http or https URL without a query.";
        }

        if (Protocol is not (null or HttpProtobuf or Grpc))
        {
            yield return $"{Section}:{nameof(Protocol)}: must be {HttpProtobuf} or {Grpc}.";
        }

        if (SampleRatio is not (>= 0 and <= 1))
        {
            yield return $"{Section}:{nameof(SampleRatio)}: must be 0 to 1.";
        }

        if (MetricInterval < TimeSpan.FromMilliseconds(100) || MetricInterval > TimeSpan.FromHours(1))
        {
            yield return $"{Section}:{nameof(MetricInterval)}: must be 100 ms to 1 hour.";
        }

        if (Timeout < TimeSpan.FromMilliseconds(100) || Timeout > TimeSpan.FromMinutes(1))
        {
            yield return $"{Section}:{nameof(Timeout)}: must be 100 ms to 1 minute.";
        }

        if (string.IsNullOrWhiteSpace(ServiceName))
        {
            yield return $"{Section}:{nameof(ServiceName)}: must not be empty.";
        }
    }
}
