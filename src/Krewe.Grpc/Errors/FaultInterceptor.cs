using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Krewe.Fleet.Local;
using Krewe.Gateway.Control.Json;
using Krewe.Gateway.Errors;
using Microsoft.Extensions.Logging;

namespace Krewe.Grpc.Errors;

/// <summary>Makes of whatever ends a call an error of the contract's. What is nobody's fault but ours is logged, and told without its words.</summary>
internal sealed partial class FaultInterceptor(ILogger<FaultInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Translate(error, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Translate(error, context);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Translate(error, context);
        }
    }

    private RpcException Translate(Exception error, ServerCallContext context)
    {
        switch (error)
        {
            case ApiErrorException known:
                return GrpcErrors.ToException(known.Error);
            case BadFieldException bad:
                return GrpcErrors.ToException(ApiErrors.InvalidRequest(bad.Message, bad.Param));
            case InvalidProtocolBufferException:
                return GrpcErrors.ToException(ApiErrors.InvalidRequest("The message cannot be read.", null));
            case TimeoutException:
                return GrpcErrors.ToException(ApiErrors.NoAnswer("The fleet did not answer in time; whether it did what was asked is not known."));
            case MailboxFullException:
                return GrpcErrors.ToException(ApiErrors.NoAnswer("The fleet takes no more calls for this one now."));
            case OperationCanceledException or IOException when context.CancellationToken.IsCancellationRequested:
                return new RpcException(new Status(StatusCode.Cancelled, "The caller has gone."));
            default:
                LogFault(logger, error, context.Method);
                return GrpcErrors.ToException(ApiErrors.Internal);
        }
    }
}
