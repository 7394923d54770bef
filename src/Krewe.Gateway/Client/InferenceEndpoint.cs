using System.Globalization;
using Krewe.Core.Requests;
using Krewe.Engines.Bodies;
using Krewe.Fleet.Hosting;
using Krewe.Gateway.Client.Access;
using Krewe.Gateway.Errors;
using Krewe.Gateway.Lifecycle;
using Krewe.Gateway.Resume;
using Krewe.Gateway.Serving;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Client;

/// <summary>
/// Takes an OpenAI-style request over HTTP: reads its headers and its body, and has it served.
/// </summary>
internal sealed class InferenceEndpoint(
    FleetServices fleet,
    InferencePipeline pipeline,
    ResumableCalls resumable,
    SiloLifetime silo,
    ClientPortOptions options)
{
    public async Task ServeAsync(HttpContext http, RequestEndpoint endpoint, ClientCaller caller)
    {
        if (!silo.TryEnter())
        {
            await ErrorWriter.WriteAsync(http.Response, ApiErrors.Of(RequestOutcome.Draining), http.RequestAborted);
            return;
        }

        if (caller.Enter(http.Response.Headers) is { } limited)
        {
            silo.Exit();
            fleet.Instruments.OnClientRefused(RequestOutcome.RateLimited);
            await ErrorWriter.WriteAsync(http.Response, limited, http.RequestAborted);
            return;
        }

        // A stream that is held outlasts this call, and its body with it.
        var bytes = new RequestBytes(pipeline.Bodies);
        HeldReader? held = null;
        try
        {
            held = await AdmitAsync(http, endpoint, caller, bytes);
            if (held is not null)
            {
                await HeldReply.SendAsync(http, held);
            }
        }
        finally
        {
            if (held is null)
            {
                bytes.Dispose();
            }

            silo.Exit();
        }
    }

    /// <summary>Serves the request, or has it served into a stream that is held: then its reader is the result.</summary>
    private async ValueTask<HeldReader?> AdmitAsync(HttpContext http, RequestEndpoint endpoint, ClientCaller caller, RequestBytes bytes)
    {
        if (!RequestHeaders.TryRead(http.Request.Headers, options.MaxDeadline, out var headers, out var wrong))
        {
            await ErrorWriter.WriteAsync(http.Response, ApiErrors.InvalidRequest(wrong.Message, wrong.Name), http.RequestAborted);
            return null;
        }

        var read = await BodyReader.ReadAsync(http.Request.BodyReader, bytes.Buffer, options.MaxBodyBytes, pipeline.Bodies, http.RequestAborted);
        if (read != BodyRead.Whole)
        {
            var refused = read == BodyRead.TooLarge ? ApiErrors.TooLarge(options.MaxBodyBytes) : ClientErrors.TooManyBodies;
            await ErrorWriter.WriteAsync(http.Response, refused, http.RequestAborted);
            return null;
        }

        var request = new InferenceRequest(RequestIds.Of(http), http.TraceIdentifier, endpoint, bytes.Buffer.Memory, headers) { Caller = caller };
        if (headers.Resume is { } keep)
        {
            if (!RequestBody.TryParse(bytes.Buffer.Memory, endpoint, out var body, out var error))
            {
                await ErrorWriter.WriteAsync(http.Response, ApiErrors.InvalidRequest(error.Message, error.Param), http.RequestAborted);
                return null;
            }

            request = request with { Body = body };
            if (body.Stream && endpoint != RequestEndpoint.Embeddings && resumable.TryServe(request, keep, bytes) is { } reader)
            {
                http.Response.Headers[RequestHeaders.ResumeName] = ((long)reader.Stream.Keep.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
                return reader;
            }
        }

        await pipeline.ServeAsync(request with { ResponseHeaders = http.Response.Headers }, new HttpAnswer(http));
        return null;
    }
}
