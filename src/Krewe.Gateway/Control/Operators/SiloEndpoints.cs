using System.Globalization;
using Krewe.Core.Identity;
using Krewe.Core.Requests;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Ports;
using Krewe.Gateway.Control.Json;
using Krewe.Gateway.Errors;
using Krewe.Gateway.Lifecycle;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Control.Operators;

/// <summary>This silo for operators: its requests, its journal, its fellows, its drain, whether it is up.</summary>
internal sealed class SiloEndpoints(FleetServices fleet, IActors actors, SiloLifetime silo, ISiloDirectory silos, ControlOptions options)
{
    private const int DefaultEvents = 100;
    private const int MostEvents = 1_000;

    public void Map(ControlRoutes routes)
    {
        routes.MapForOperators("/admin/v1/requests/{id}", (HttpMethods.Get, RequestAsync));
        routes.MapForOperators("/admin/v1/events", (HttpMethods.Get, EventsAsync));
        routes.MapForOperators("/admin/v1/silos", (HttpMethods.Get, SilosAsync));
        routes.MapForOperators("/admin/v1/drain", (HttpMethods.Post, DrainAsync));
        routes.MapOpen("/livez", static http => UpAsync(http));
        routes.MapOpen("/readyz", http => silo.Unready is { } reason
            ? ValueTask.FromResult<ApiError?>(ApiErrors.NotReady(reason))
            : UpAsync(http));
    }

    private static async ValueTask<ApiError?> UpAsync(HttpContext http)
    {
        http.Response.ContentType = "text/plain";
        await http.Response.WriteAsync("ok\n", http.RequestAborted);
        return null;
    }

    private async ValueTask<ApiError?> RequestAsync(HttpContext http)
    {
        if (!RequestId.TryParse((string?)http.Request.RouteValues["id"], out var id))
        {
            return ApiErrors.InvalidRequest("id must be a Krewe-Request-Id: kr- and 32 hex digits.", "id");
        }

        var request = await RunningAsync(id, http.RequestAborted) ?? fleet.EndedRequests.Find(id);
        if (request is null)
        {
            return ApiErrors.RequestNotFound(id);
        }

        await JsonAnswer.WriteAsync(http, StatusCodes.Status200OK, request, RequestJson.Write, http.RequestAborted);
        return null;
    }

    private async ValueTask<RequestDescription?> RunningAsync(RequestId id, CancellationToken cancellationToken)
    {
        try
        {
            return await actors.Request(id).DescribeAsync().Within(options.CallTimeout, fleet.Time, cancellationToken);
        }
        catch (InvalidOperationException)
        {
            // It was opened, and is not under way.
            return null;
        }
    }

    private async ValueTask<ApiError?> EventsAsync(HttpContext http)
    {
        var query = http.Request.Query;
        PoolName? pool = null;
        if (query.TryGetValue("pool", out var name))
        {
            if (name is not [{ } text] || !NameRule.IsValid(text))
            {
                return ApiErrors.InvalidRequest($"pool must be {NameRule.Description}.", "pool");
            }

            pool = new PoolName(text);
        }

        var limit = DefaultEvents;
        if (query.TryGetValue("limit", out var most)
            && (most is not [{ } digits]
                || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out limit)
                || limit is < 1 or > MostEvents))
        {
            return ApiErrors.InvalidRequest($"limit must be a whole number, 1 to {MostEvents}.", "limit");
        }

        await JsonAnswer.WriteAsync(
            http,
            StatusCodes.Status200OK,
            fleet.Events.Newest(pool, limit),
            static (json, events) =>
            {
                json.WriteStartObject();
                json.WriteStartArray("events"u8);
                foreach (var entry in events)
                {
                    EventJson.Write(json, entry);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            },
            http.RequestAborted);
        return null;
    }

    private async ValueTask<ApiError?> SilosAsync(HttpContext http)
    {
        await JsonAnswer.WriteAsync(
            http,
            StatusCodes.Status200OK,
            silos.List(),
            static (json, all) =>
            {
                json.WriteStartObject();
                json.WriteStartArray("silos"u8);
                foreach (var one in all)
                {
                    json.WriteStartObject();
                    json.WriteString("silo"u8, one.Id.Value);
                    json.WriteString("state"u8, one.State.ToString());
                    json.WriteBoolean("self"u8, one.IsSelf);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            },
            http.RequestAborted);
        return null;
    }

    private async ValueTask<ApiError?> DrainAsync(HttpContext http)
    {
        silo.BeginDrain();
        await JsonAnswer.WriteAsync(
            http,
            StatusCodes.Status202Accepted,
            fleet.Silo,
            static (json, self) =>
            {
                json.WriteStartObject();
                json.WriteString("silo"u8, self.Value);
                json.WriteString("state"u8, nameof(SiloState.Draining));
                json.WriteEndObject();
            },
            http.RequestAborted);
        return null;
    }
}
