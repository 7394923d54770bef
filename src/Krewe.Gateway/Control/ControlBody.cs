using Krewe.Engines.Buffers;
using Krewe.Gateway.Client;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Control;

/// <summary>Reads a body of the control port: bounded in size and time.</summary>
internal static class ControlBody
{
    /// <summary>Null when the body is in <paramref name="output"/>, else what is wrong with it.</summary>
    public static async ValueTask<ApiError?> ReadAsync(HttpContext http, PooledBuffer output, int maxBytes, TimeSpan within, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (http.Request.ContentLength > maxBytes)
        {
            return ApiErrors.TooLarge(maxBytes);
        }

        using var limit = new CancellationTokenSource(within, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, http.RequestAborted);
        try
        {
            return await BodyReader.ReadAsync(http.Request.BodyReader, output, maxBytes, budget: null, both.Token) == BodyRead.Whole ? null : ApiErrors.TooLarge(maxBytes);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested)
        {
            return ApiErrors.BodyTimeout;
        }
        catch (BadHttpRequestException error)
        {
            return ClientErrors.Of(error, maxBytes);
        }
    }
}
