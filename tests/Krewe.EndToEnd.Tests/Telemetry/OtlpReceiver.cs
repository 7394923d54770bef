using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Krewe.EndToEnd.Tests.Telemetry;

/// <summary>A collector that takes OTLP over HTTP as protobuf and keeps what it was told.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _application;

    private OtlpReceiver(WebApplication application) => _application = application;

    public Uri Url { get; private set; } = null!;

    public ConcurrentQueue<OtlpSpan> Spans { get; } = new();

    /// <summary>Metric names, with the attribute keys of their points.</summary>
    public ConcurrentDictionary<string, IReadOnlySet<string>> Metrics { get; } = new();

    /// <summary>Attributes of the resources that told.</summary>
    public ConcurrentDictionary<string, string> Resource { get; } = new();

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var application = builder.Build();
        var receiver = new OtlpReceiver(application);
        application.Run(receiver.TakeAsync);
        await application.StartAsync();
        receiver.Url = new Uri(application.Urls.Single());
        return receiver;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        var message = new ProtobufMessage(body.ToArray());
        switch (http.Request.Path.Value)
        {
            // ExportTraceServiceRequest > ResourceSpans > ScopeSpans > Span.
            case "/v1/traces":
                foreach (var resource in message.Messages(1))
                {
                    TakeResource(resource);
                    foreach (var span in resource.Messages(2).SelectMany(scope => scope.Messages(2)))
                    {
                        Spans.Enqueue(OtlpSpan.Read(span));
                    }
                }

                break;

            // ExportMetricsServiceRequest > ResourceMetrics > ScopeMetrics > Metric > gauge, sum, histogram > points.
            case "/v1/metrics":
                foreach (var resource in message.Messages(1))
                {
                    TakeResource(resource);
                    foreach (var metric in resource.Messages(2).SelectMany(scope => scope.Messages(2)))
                    {
                        var keys = metric.Messages(5).Concat(metric.Messages(7)).SelectMany(data => data.Messages(1)).SelectMany(point => ProtobufMessage.Attributes(point.Messages(7)))
                            .Concat(metric.Messages(9).SelectMany(data => data.Messages(1)).SelectMany(point => ProtobufMessage.Attributes(point.Messages(9))))
                            .Select(attribute => attribute.Key);
                        Metrics[metric.Text(1)] = keys.ToHashSet();
                    }
                }

                break;
            default:
                http.Response.StatusCode = 404;
                return;
        }

        http.Response.ContentType = "application/x-protobuf";
    }

    private void TakeResource(ProtobufMessage resource)
    {
        foreach (var (key, value) in resource.Messages(1).SelectMany(one => ProtobufMessage.Attributes(one.Messages(1))))
        {
            Resource[key] = value;
        }
    }
}
