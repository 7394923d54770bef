using Krewe.Gateway.Client;
using Krewe.Gateway.Serving;
using Krewe.Grpc;
using Krewe.Silo.Hosting.Composition;

namespace Krewe.Silo;

/// <summary>The gRPC services of this silo.</summary>
internal sealed class KreweGrpcPort : IGrpcPort
{
    public void Configure(IServiceCollection services, IServiceProvider silo, InferencePipeline pipeline, ClientPortOptions options) =>
        services.AddKreweGrpc(silo, pipeline, options);

    public void Map(WebApplication application) => application.MapKreweGrpc();
}
