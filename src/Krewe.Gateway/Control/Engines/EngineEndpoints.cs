using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Krewe.Core.Identity;
using Krewe.Core.Instances;
using Krewe.Engines.Buffers;
using Krewe.Fleet.Instances;
using Krewe.Gateway.Control.Access;
using Krewe.Gateway.Control.Json;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Control.Engines;

/// <summary>The engine side of the control port: register, heartbeat, delete, drain, cordon.</summary>
internal sealed class EngineEndpoints(EngineCommands engines, TimeProvider time, ControlOptions options)
{
    private const string Path = "/fleet/v1/pools/{pool}/instances/{name}";

    public void Map(ControlRoutes routes)
    {
        routes.Map(Path, (HttpMethods.Put, RegisterAsync), (HttpMethods.Delete, DeleteAsync));
        routes.Map($"{Path}/heartbeats", (HttpMethods.Post, HeartbeatAsync));
        routes.Map($"{Path}/drain", (HttpMethods.Post, DrainAsync));
        routes.Map($"{Path}/cordon", (HttpMethods.Post, (http, caller) => CordonAsync(http, caller, AdminAction.Cordon)));
        routes.Map($"{Path}/uncordon", (HttpMethods.Post, (http, caller) => CordonAsync(http, caller, AdminAction.Uncordon)));
    }

    private static bool TryIdentify(HttpContext http, Caller caller, bool operatorsToo, out InstanceId id, [NotNullWhen(false)] out ApiError? refusal)
    {
        id = default;
        var pool = (string?)http.Request.RouteValues["pool"];
        var name = (string?)http.Request.RouteValues["name"];
        if (!NameRule.IsValid(pool) || !NameRule.IsValid(name))
        {
            var wrong = NameRule.IsValid(pool) ? "name" : "pool";
            refusal = ApiErrors.InvalidRequest($"{wrong} must be {NameRule.Description}.", wrong);
            return false;
        }

        id = new InstanceId(new PoolName(pool!), new InstanceName(name!));
        refusal = caller.Owns(id) || (operatorsToo && caller.IsOperator) ? null : ApiErrors.NotOwner(id);
        return refusal is null;
    }

    private async ValueTask<ApiError?> RegisterAsync(HttpContext http, Caller caller)
    {
        if (!TryIdentify(http, caller, operatorsToo: false, out var id, out var refusal))
        {
            return refusal;
        }

        using var body = new PooledBuffer();
        if (await ReadAsync(http, body) is { } bad)
        {
            return bad;
        }

        var (reply, no) = await engines.RegisterAsync(id, RegistrationBody.Parse(body.Span), http.RequestAborted);
        if (reply is null)
        {
            return no;
        }

        await JsonAnswer.WriteAsync(http, StatusCodes.Status200OK, reply, WriteRegistered, http.RequestAborted);
        return null;
    }

    private static void WriteRegistered(Utf8JsonWriter json, RegisterReply reply)
    {
        json.WriteStartObject();
        json.WriteNumber("epoch"u8, reply.Epoch.Value);
        json.WriteString("state"u8, Words.Of(reply.Liveness));
        json.WriteNumber("leaseMs"u8, (long)reply.Lease.TotalMilliseconds);
        json.WriteNumber("heartbeatMs"u8, (long)reply.HeartbeatInterval.TotalMilliseconds);
        if (reply.IsProvisional)
        {
            json.WriteBoolean("provisional"u8, true);
        }

        json.WriteEndObject();
    }

    private async ValueTask<ApiError?> HeartbeatAsync(HttpContext http, Caller caller)
    {
        if (!TryIdentify(http, caller, operatorsToo: false, out var id, out var refusal))
        {
            return refusal;
        }

        using var body = new PooledBuffer();
        if (await ReadAsync(http, body) is { } bad)
        {
            return bad;
        }

        var (reply, no) = await engines.HeartbeatAsync(id, HeartbeatBody.Parse(body.Span), http.RequestAborted);
        if (reply is null)
        {
            return no;
        }

        await JsonAnswer.WriteAsync(http, StatusCodes.Status200OK, reply, WriteHeard, http.RequestAborted);
        return null;
    }

    private static void WriteHeard(Utf8JsonWriter json, HeartbeatReply reply)
    {
        json.WriteStartObject();
        json.WriteString("state"u8, Words.Of(reply.Liveness));
        json.WriteString("admin"u8, Words.Of(reply.Admin));
        json.WriteNumber("epoch"u8, reply.Epoch.Value);
        json.WriteEndObject();
    }

    private async ValueTask<ApiError?> DeleteAsync(HttpContext http, Caller caller)
    {
        if (!TryIdentify(http, caller, operatorsToo: false, out var id, out var refusal))
        {
            return refusal;
        }

        if (http.Request.Query["incarnation"] is not [{ } incarnation] || !IncarnationId.IsValid(incarnation))
        {
            return ApiErrors.InvalidRequest($"incarnation, in the query, {Fields.IncarnationRule}.", "incarnation");
        }

        var (verdict, no) = await engines.DeleteAsync(id, new IncarnationId(incarnation), http.RequestAborted);
        return no ?? await AnswerAsync(http, StatusCodes.Status202Accepted, verdict);
    }

    private async ValueTask<ApiError?> DrainAsync(HttpContext http, Caller caller)
    {
        if (!TryIdentify(http, caller, operatorsToo: true, out var id, out var refusal))
        {
            return refusal;
        }

        using var body = new PooledBuffer();
        return await ReadAsync(http, body)
            ?? await AdministerAsync(http, id, new AdminCommand(AdminAction.Drain, DrainBody.Parse(body.Span)), StatusCodes.Status202Accepted);
    }

    private async ValueTask<ApiError?> CordonAsync(HttpContext http, Caller caller, AdminAction action) =>
        TryIdentify(http, caller, operatorsToo: true, out var id, out var refusal)
            ? await AdministerAsync(http, id, new AdminCommand(action), StatusCodes.Status200OK)
            : refusal;

    private async ValueTask<ApiError?> AdministerAsync(HttpContext http, InstanceId id, AdminCommand command, int status)
    {
        var (verdict, no) = await engines.AdministerAsync(id, command, http.RequestAborted);
        return no ?? await AnswerAsync(http, status, verdict);
    }

    private static async ValueTask<ApiError?> AnswerAsync(HttpContext http, int status, InstanceVerdict verdict)
    {
        await JsonAnswer.WriteAsync(
            http,
            status,
            verdict is InstanceVerdict.Accepted ? "accepted" : "unchanged",
            static (json, result) =>
            {
                json.WriteStartObject();
                json.WriteString("result"u8, result);
                json.WriteEndObject();
            },
            http.RequestAborted);
        return null;
    }

    private ValueTask<ApiError?> ReadAsync(HttpContext http, PooledBuffer body) =>
        ControlBody.ReadAsync(http, body, options.MaxBodyBytes, options.BodyTimeout, time);
}
