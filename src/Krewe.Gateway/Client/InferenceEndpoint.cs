using Krewe.Core.Identity;
using Krewe.Core.Randomness;
using Krewe.Core.Requests;
using Krewe.Engines.Bodies;
using Krewe.Engines.Buffers;
using Krewe.Gateway.Errors;
using Krewe.Gateway.Lifecycle;
using Krewe.Gateway.Serving;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Client;

/// <summary>
/// Takes an OpenAI-style request over HTTP: reads its headers and its body, and has it served.
/// </summary>
internal sealed class InferenceEndpoint(
    IRandomSource random,
    InferencePipeline pipeline,
    SiloLifetime silo,
    ClientPortOptions options)
{
    public async Task ServeAsync(HttpContext http, RequestEndpoint endpoint)
    {
        var id = RequestId.New(random);
        var idText = id.ToString();
        http.Response.Headers[RequestHeaders.KreweRequestIdName] = idText;
        http.Response.Headers[RequestHeaders.RequestIdName] = RequestHeaders.ClientId(http.Request.Headers) ?? idText;
        if (!silo.TryEnter())
        {
            await ErrorWriter.WriteAsync(http.Response, ApiErrors.Of(RequestOutcome.Draining), http.RequestAborted);
            return;
        }

        using var buffer = new PooledBuffer();
        try
        {
            await AdmitAsync(http, endpoint, id, idText, buffer);
        }
        catch (BadHttpRequestException error) when (!http.Response.HasStarted)
        {
            await ErrorWriter.WriteAsync(http.Response, ClientErrors.Of(error, options.MaxBodyBytes), http.RequestAborted);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Gone before it had said what it wants: there is nobody to tell.
        }
        finally
        {
            silo.Exit();
        }
    }

    private async ValueTask AdmitAsync(HttpContext http, RequestEndpoint endpoint, RequestId id, string idText, PooledBuffer buffer)
    {
        if (!RequestHeaders.TryRead(http.Request.Headers, options.MaxDeadline, out var headers, out var wrong))
        {
            await ErrorWriter.WriteAsync(http.Response, ApiErrors.InvalidRequest(wrong.Message, wrong.Name), http.RequestAborted);
            return;
        }

        if (!await BodyReader.TryReadAsync(http.Request.BodyReader, buffer, options.MaxBodyBytes, http.RequestAborted))
        {
            await ErrorWriter.WriteAsync(http.Response, ApiErrors.TooLarge(options.MaxBodyBytes), http.RequestAborted);
            return;
        }

        await pipeline.ServeAsync(new InferenceRequest(id, idText, endpoint, buffer.Memory, headers), new HttpAnswer(http));
    }
}
