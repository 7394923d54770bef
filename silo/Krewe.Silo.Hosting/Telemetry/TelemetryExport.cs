using Krewe.Core.Identity;
using Krewe.Gateway.Control;
using Krewe.Gateway.Tracing;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Krewe.Silo.Hosting.Telemetry;

/// <summary>
/// Sends metrics and traces by OTLP, on threads of its own. Where no endpoint is configured there is nobody who listens to
/// the spans, and none is made. A collector that does not answer costs what it was to be told, and nothing else.
/// </summary>
internal sealed class TelemetryExport : IDisposable
{
    /// <summary>Beside our own: what Orleans says of itself, where it is the host.</summary>
    private const string OrleansName = "Microsoft.Orleans";

    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(3);

    private readonly MeterProvider? _metrics;
    private readonly TracerProvider? _traces;

    private TelemetryExport(MeterProvider? metrics, TracerProvider? traces)
    {
        _metrics = metrics;
        _traces = traces;
    }

    /// <param name="options">Valid ones.</param>
    /// <param name="silo">Who tells.</param>
    public static TelemetryExport Start(TelemetryOptions options, SiloId silo)
    {
        if (!options.IsOn)
        {
            return new TelemetryExport(null, null);
        }

        var resource = ResourceBuilder.CreateEmpty()
            .AddService(options.ServiceName, serviceVersion: typeof(TelemetryExport).Assembly.GetName().Version?.ToString(3), serviceInstanceId: silo.Value)
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector();
        var metrics = !options.Metrics ? null : Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter([.. ControlPort.Meters, OrleansName])
            .SetMaxMetricStreams(1_000)
            .AddOtlpExporter((exporter, reader) =>
            {
                Configure(exporter, options, "v1/metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)options.MetricInterval.TotalMilliseconds;
                reader.PeriodicExportingMetricReaderOptions.ExportTimeoutMilliseconds = (int)options.Timeout.TotalMilliseconds;
            })
            .Build();
        var traces = !options.Traces ? null : Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(options.SampleRatio)))
            .AddSource(KreweTraces.SourceName)
            .AddOtlpExporter(exporter => Configure(exporter, options, "v1/traces"))
            .Build();
        return new TelemetryExport(metrics, traces);
    }

    /// <summary>Sends what is left, within a bound.</summary>
    public void Dispose()
    {
        _traces?.Shutdown((int)FlushLimit.TotalMilliseconds);
        _metrics?.Shutdown((int)FlushLimit.TotalMilliseconds);
        _traces?.Dispose();
        _metrics?.Dispose();
    }

    private static void Configure(OtlpExporterOptions exporter, TelemetryOptions options, string path)
    {
        var isGrpc = options.Protocol == TelemetryOptions.Grpc;
        var endpoint = new Uri(options.Endpoint!.EndsWith('/') ? options.Endpoint : options.Endpoint + "/");
        exporter.Protocol = isGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;

        // A path that is set by hand is taken as it is.
        exporter.Endpoint = isGrpc ? endpoint : new Uri(endpoint, path);
        exporter.TimeoutMilliseconds = (int)options.Timeout.TotalMilliseconds;
        if (!string.IsNullOrEmpty(options.Headers))
        {
            exporter.Headers = options.Headers;
        }
    }
}
