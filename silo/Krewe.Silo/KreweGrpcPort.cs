using Krewe.Gateway.Client;
using Krewe.Gateway.Client.Access;
using Krewe.Gateway.Serving;
using Krewe.Grpc;
using Krewe.Silo.Hosting.Composition;

namespace Krewe.Silo;

/// <summary>The gRPC services of this silo.</summary>
internal sealed class KreweGrpcPort : IGrpcPort
{
    public void Configure(IServiceCollection services, IServiceProvider silo, InferencePipeline pipeline, ClientPortOptions options, ClientAccess access) =>
        services.AddKreweGrpc(silo, pipeline, options, access);

    public void Map(WebApplication application) => application.MapKreweGrpc();
}
