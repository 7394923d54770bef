using System.IO.Pipelines;
using Krewe.Core.Requests;
using Krewe.Engines.Buffers;
using Krewe.Engines.Errors;
using Krewe.Engines.Sse;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Client;

/// <summary>Errors of the client port alone, and how one is told when the answer has begun already.</summary>
internal static class ClientErrors
{
    private const int LongestModelShown = 100;

    public static ApiError ModelNotFound(string model) => ApiErrors.Of(
        RequestOutcome.ModelNotFound,
        $"The model '{(model.Length <= LongestModelShown ? model : model[..LongestModelShown] + "…")}' does not exist.",
        "model");

    /// <summary>The bodies that are held at once leave no room for this one.</summary>
    public static ApiError TooManyBodies { get; } = ApiErrors.NoAnswer("This server holds as many requests as it can.");

    /// <summary>What an engine refused, with its own status and words; what it wants of its caller's credentials is not the client's business.</summary>
    public static ApiError FromEngine(EngineError error) =>
        error.Status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden
            ? ApiErrors.Of(RequestOutcome.EngineError)
            : new ApiError(error.Status, error.Code, error.Type, error.Message, error.Param, ShouldRetry: false);

    /// <summary>What the HTTP server found wrong with the request's body.</summary>
    public static ApiError Of(BadHttpRequestException error, long limit) => error.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => ApiErrors.TooLarge(limit),
        StatusCodes.Status408RequestTimeout => ApiErrors.BodyTimeout,
        _ => ApiErrors.InvalidRequest("The request's body could not be read.", null),
    };

    /// <summary>One error event. What follows is for the caller: cut the connection, and send no <c>[DONE]</c>.</summary>
    public static async ValueTask WriteEventAsync(PipeWriter output, ApiError error, CancellationToken cancellationToken)
    {
        using var data = new PooledBuffer();
        ErrorWriter.WriteBody(data, error);
        SseWriter.WriteData(output, data.Span);
        await output.FlushAsync(cancellationToken);
    }
}
