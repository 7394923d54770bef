using System.Text.Json;
using Krewe.EngineSim.Engine;
using Krewe.EngineSim.Hosting;
using Krewe.EngineSim.Protocol;
using Krewe.EngineSim.Transfer;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Krewe.EngineSim.Http;

/// <summary>
/// What no engine has: <c>GET /sim/state</c>, <c>POST /sim/fault</c>, and the side channel between prefill and decode,
/// <c>POST /sim/kv/claim</c> and <c>/sim/kv/release</c>. Answered while frozen too, except for the side channel.
/// </summary>
internal sealed class SimControlEndpoint(EngineLife life, KvSource source, ISimCommands commands)
{
    private static readonly JsonSerializerOptions CamelCase = new(JsonSerializerDefaults.Web);

    public async Task HandleAsync(HttpContext http, string path)
    {
        var isPost = HttpMethods.IsPost(http.Request.Method);
        switch (path, isPost)
        {
            case ("/sim/state", false):
                await WriteAsync(http, JsonSerializer.Serialize(life.ReadState(), CamelCase)).ConfigureAwait(false);
                break;
            case ("/sim/fault", true):
                await CommandAsync(http).ConfigureAwait(false);
                break;
            case ("/sim/kv/claim", true):
                await ClaimAsync(http).ConfigureAwait(false);
                break;
            case ("/sim/kv/release", true):
                await ReleaseAsync(http).ConfigureAwait(false);
                break;
            default:
                throw new EngineErrorException(404, "Not Found");
        }
    }

    private async Task CommandAsync(HttpContext http)
    {
        using var body = await http.Request.ReadBodyAsync(http.RequestAborted).ConfigureAwait(false);

        // The connection goes with the answer: its end says that the answer has been sent, and a crash can follow.
        http.Response.Headers.Connection = "close";
        FaultCommand.Read(body.Written).Apply(life, commands, http.Features.GetRequiredFeature<IConnectionLifetimeFeature>().ConnectionClosed);
        await WriteAsync(http, "{}").ConfigureAwait(false);
    }

    private static async Task WriteAsync(HttpContext http, string json, int status = 200)
    {
        using var answer = new Utf8Buffer();
        answer.AppendRaw(json);
        await http.Response.WriteJsonAsync(status, answer, http.RequestAborted).ConfigureAwait(false);
    }

    private async Task ClaimAsync(HttpContext http)
    {
        var (kv, reader) = await ReadReferenceAsync(http).ConfigureAwait(false);
        var (result, tokens) = await source.ClaimAsync(kv, reader, http.RequestAborted).ConfigureAwait(false);
        await WriteAsync(http, $$"""{"result":"{{result}}","tokens":{{tokens}}}""", result == KvPullResult.Ok ? 200 : 409).ConfigureAwait(false);
    }

    private async Task ReleaseAsync(HttpContext http)
    {
        var (kv, reader) = await ReadReferenceAsync(http).ConfigureAwait(false);
        var released = await source.ReleaseAsync(kv, reader, http.RequestAborted).ConfigureAwait(false);
        await WriteAsync(http, "{}", released ? 200 : 409).ConfigureAwait(false);
    }

    private async Task<(KvReference Kv, string Reader)> ReadReferenceAsync(HttpContext http)
    {
        using var body = await http.Request.ReadBodyAsync(http.RequestAborted).ConfigureAwait(false);
        string? engineId = null, requestId = null, reader = null;
        int[]? blockIds = null;
        JsonFields.ReadObject(body.Written, (ref Utf8JsonReader json) =>
        {
            if (json.ValueTextEquals("engine_id"u8))
            {
                engineId = JsonFields.OptionalString(ref json, "engine_id");
            }
            else if (json.ValueTextEquals("request_id"u8))
            {
                requestId = JsonFields.OptionalString(ref json, "request_id");
            }
            else if (json.ValueTextEquals("reader"u8))
            {
                reader = JsonFields.OptionalString(ref json, "reader");
            }
            else if (json.ValueTextEquals("block_ids"u8))
            {
                blockIds = TransferReader.ReadBlocks(ref json);
            }
            else
            {
                return false;
            }

            return true;
        });
        if (engineId is null || requestId is null || reader is null)
        {
            throw EngineErrorException.Bad("engine_id, request_id and reader must be given.");
        }

        return (new KvReference(engineId, requestId, "", life.Port, blockIds ?? []), reader);
    }
}
