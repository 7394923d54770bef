using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Krewe.EndToEnd.Tests.Telemetry;

/// <summary>A collector that takes OTLP, over HTTP as protobuf or over gRPC, and keeps what it was told.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private const int FrameHeader = 5;

    private readonly WebApplication _application;

    private readonly bool _isGrpc;

    private OtlpReceiver(WebApplication application, bool isGrpc) => (_application, _isGrpc) = (application, isGrpc);

    public Uri Url { get; private set; } = null!;

    public ConcurrentQueue<OtlpSpan> Spans { get; } = new();

    /// <summary>Metric names, with the attribute keys of their points.</summary>
    public ConcurrentDictionary<string, IReadOnlySet<string>> Metrics { get; } = new();

    /// <summary>Attributes of the resources that told.</summary>
    public ConcurrentDictionary<string, string> Resource { get; } = new();

    /// <summary>Values of the header <c>x-tenant</c> that it was told with.</summary>
    public ConcurrentDictionary<string, int> Tenants { get; } = new();

    public static async Task<OtlpReceiver> StartAsync(bool grpc = false)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.Loopback, 0, listen => listen.Protocols = grpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        var application = builder.Build();
        var receiver = new OtlpReceiver(application, grpc);
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
        var message = new ProtobufMessage(_isGrpc ? Unframed(http, body.ToArray()) : body.ToArray());
        Tenants.AddOrUpdate(http.Request.Headers["x-tenant"].ToString(), 1, static (_, count) => count + 1);
        switch (http.Request.Path.Value)
        {
            // ExportTraceServiceRequest > ResourceSpans > ScopeSpans > Span.
            case "/v1/traces" when !_isGrpc:
            case "/opentelemetry.proto.collector.trace.v1.TraceService/Export" when _isGrpc:
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
            case "/v1/metrics" when !_isGrpc:
            case "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" when _isGrpc:
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

        if (!_isGrpc)
        {
            http.Response.ContentType = "application/x-protobuf";
            return;
        }

        // An empty message, and that all is well.
        http.Response.ContentType = "application/grpc";
        await http.Response.Body.WriteAsync(new byte[FrameHeader]);
        http.Response.AppendTrailer("grpc-status", "0");
    }

    /// <summary>The one message of a gRPC call: one byte whether it is compressed, four of its length, the message.</summary>
    private static byte[] Unframed(HttpContext http, byte[] body)
    {
        Assert.Equal("application/grpc", http.Request.ContentType);
        Assert.Equal((0, body.Length - FrameHeader), (body[0], BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(1))));
        return body[FrameHeader..];
    }

    private void TakeResource(ProtobufMessage resource)
    {
        foreach (var (key, value) in resource.Messages(1).SelectMany(one => ProtobufMessage.Attributes(one.Messages(1))))
        {
            Resource[key] = value;
        }
    }
}
