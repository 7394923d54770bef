using Grpc.Core;
using Grpc.Health.V1;
using Krewe.Gateway.Lifecycle;

namespace Krewe.Grpc.Readiness;

/// <summary>gRPC's own health check: each service is as ready as the silo.</summary>
internal sealed class HealthService(SiloLifetime silo) : Health.HealthBase
{
    private static readonly HashSet<string> Known =
        ["", V1.Inference.Descriptor.FullName, V1.EngineSessions.Descriptor.FullName, Health.Descriptor.FullName];

    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) =>
        Known.Contains(request.Service)
            ? Task.FromResult(Of(silo.IsReady))
            : throw new RpcException(new Status(StatusCode.NotFound, "There is no such service."));

    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, silo.GraceOver);
        var knowsOfDrain = false;
        try
        {
            if (!Known.Contains(request.Service))
            {
                // It may be there one day, says the protocol: the call stays.
                await responseStream.WriteAsync(new HealthCheckResponse { Status = HealthCheckResponse.Types.ServingStatus.ServiceUnknown }, over.Token);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, over.Token);
            }

            if (!silo.BecameReady.IsCompleted && !silo.IsDraining)
            {
                await responseStream.WriteAsync(Of(isReady: false), over.Token);
                await Task.WhenAny(silo.BecameReady, silo.DrainAsked).WaitAsync(over.Token);
            }

            var isServing = IsServing;
            knowsOfDrain = !isServing;
            await responseStream.WriteAsync(Of(isServing), over.Token);
            if (isServing)
            {
                await silo.DrainAsked.WaitAsync(over.Token);
                knowsOfDrain = true;
                await responseStream.WriteAsync(Of(isReady: false), context.CancellationToken);
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, over.Token);
        }
        catch (OperationCanceledException) when (silo.GraceOver.IsCancellationRequested)
        {
            if (!knowsOfDrain && Known.Contains(request.Service))
            {
                // On a busy machine a short grace is over before this came to its turn.
                await responseStream.WriteAsync(Of(isReady: false), context.CancellationToken);
            }

            throw new RpcException(new Status(StatusCode.Unavailable, "This server is shutting down."));
        }
    }

    // Without standstills: who watches has a connection, and one is over, or the silo is, before it could be told.
    private bool IsServing => silo.BecameReady.IsCompleted && !silo.IsDraining;

    private static HealthCheckResponse Of(bool isReady) => new()
    {
        Status = isReady ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing,
    };
}
