using Grpc.Core;
using Krewe.Core.Requests;
using Krewe.Engines.Bodies;
using Krewe.Fleet.Hosting;
using Krewe.Gateway.Client;
using Krewe.Gateway.Errors;
using Krewe.Gateway.Lifecycle;
using Krewe.Gateway.Serving;
using Krewe.Grpc.Errors;
using Krewe.Grpc.V1;
using InferenceRequest = Krewe.Grpc.V1.InferenceRequest;
using ReadRequest = Krewe.Gateway.Serving.InferenceRequest;

namespace Krewe.Grpc.Serving;

/// <summary>The OpenAI API over gRPC, by the pipeline that serves it over HTTP.</summary>
internal sealed class InferenceService(FleetServices fleet, InferencePipeline pipeline, SiloLifetime silo, ClientPortOptions options)
    : Inference.InferenceBase
{
    public override async Task<InferenceReply> Complete(InferenceRequest request, ServerCallContext context)
    {
        using var answer = new WholeAnswer(context, fleet.Time);
        await ServeAsync(request, context, answer, streams: false);
        return new InferenceReply { Json = answer.Json ?? throw new RpcException(new Status(StatusCode.Cancelled, "The caller has gone.")) };
    }

    public override async Task Stream(InferenceRequest request, IServerStreamWriter<InferenceChunk> responseStream, ServerCallContext context)
    {
        using var answer = new StreamAnswer(context, responseStream, fleet.Time);
        await ServeAsync(request, context, answer, streams: true);
    }

    public override Task<ListModelsReply> ListModels(ListModelsRequest request, ServerCallContext context)
    {
        var reply = new ListModelsReply();
        reply.Models.AddRange(ModelsEndpoint.Models(KeyGate.CallerOf(context.GetHttpContext()), fleet.View));
        return Task.FromResult(reply);
    }

    private static RequestEndpoint? EndpointOf(Api api) => api switch
    {
        Api.ChatCompletions => RequestEndpoint.ChatCompletions,
        Api.Completions => RequestEndpoint.Completions,
        Api.Embeddings => RequestEndpoint.Embeddings,
        _ => null,
    };

    private async ValueTask ServeAsync(InferenceRequest asked, ServerCallContext context, GrpcAnswer answer, bool streams)
    {
        var http = context.GetHttpContext();
        var idText = http.TraceIdentifier;
        var caller = KeyGate.CallerOf(http);
        if (!silo.TryEnter())
        {
            throw GrpcErrors.ToException(ApiErrors.Of(RequestOutcome.Draining), idText);
        }

        var isHeld = false;
        try
        {
            if (caller.Enter(http.Response.Headers) is { } limited)
            {
                fleet.Instruments.OnClientRefused(RequestOutcome.RateLimited);
                await answer.FailAsync(limited);
            }
            else if (Check(asked, out var endpoint) is { } wrong)
            {
                await answer.FailAsync(wrong);
            }
            else if (!RequestHeaders.TryRead(http.Request.Headers, options.MaxDeadline, out var headers, out var bad))
            {
                await answer.FailAsync(ApiErrors.InvalidRequest(bad.Message, bad.Name));
            }
            else if (!(isHeld = pipeline.Bodies.TryTake(asked.Json.Length)))
            {
                await answer.FailAsync(ClientErrors.TooManyBodies);
            }
            else
            {
                answer.MayComeAgain = headers.Resume is not null;
                headers = headers with { Deadline = DeadlineOf(headers, answer) };
                var read = new ReadRequest(RequestIds.Of(http), idText, endpoint, asked.Json.Memory, headers) { Caller = caller, ResponseHeaders = http.Response.Headers, Streams = streams };
                await pipeline.ServeAsync(read, answer);
            }
        }
        finally
        {
            pipeline.Bodies.Return(isHeld ? asked.Json.Length : 0);
            silo.Exit();
        }

        if (answer.Error is { } error)
        {
            throw GrpcErrors.ToException(error, idText);
        }
    }

    private ApiError? Check(InferenceRequest asked, out RequestEndpoint endpoint)
    {
        endpoint = EndpointOf(asked.Api) ?? default;
        return EndpointOf(asked.Api) is null ? ApiErrors.InvalidRequest("api must be one of krewe.v1.Api, and not API_UNSPECIFIED.", "api")
            : asked.Json.Length > options.MaxBodyBytes ? ApiErrors.TooLarge(options.MaxBodyBytes)
            : null;
    }

    /// <summary>The call's own deadline, which nobody can outlast; beside it, what the metadata asks for.</summary>
    private TimeSpan? DeadlineOf(RequestHeaders headers, GrpcAnswer answer)
    {
        if (answer.Remaining is not { } left)
        {
            return headers.Deadline;
        }

        var own = TimeSpan.FromTicks(Math.Clamp(left.Ticks, 0, options.MaxDeadline.Ticks));
        return headers.Deadline is { } asked && asked < own ? asked : own;
    }
}
