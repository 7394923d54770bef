using Krewe.Client.Grpc.Calls;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Lets a client of Krewe speak gRPC.</summary>
public static class KreweGrpcHttpClientBuilderExtensions
{
    /// <summary>
    /// Sends the client's calls over gRPC: its endpoints are the gRPC ports of silos then. Everything else stays as it is,
    /// retries and resumption above all: a stream whose silo is gone goes on at another one, behind what was shown. Streams
    /// are not kept for a connection that broke, so that a request cannot be read on by its id.
    /// </summary>
    public static IHttpClientBuilder UseKreweGrpc(this IHttpClientBuilder client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.ConfigurePrimaryHttpMessageHandler(static () => new GrpcHandler());
    }
}
