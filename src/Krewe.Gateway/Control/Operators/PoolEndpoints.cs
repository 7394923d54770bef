using Krewe.Core.Identity;
using Krewe.Core.Pools;
using Krewe.Core.Time;
using Krewe.Engines.Buffers;
using Krewe.Fleet.Hosting;
using Krewe.Fleet.Local;
using Krewe.Fleet.Ports;
using Krewe.Fleet.View;
using Krewe.Gateway.Control.Json;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Control.Operators;

/// <summary>Pools for operators: how they are, and what they are to be.</summary>
internal sealed class PoolEndpoints(FleetServices fleet, IActors actors, ControlOptions options)
{
    public void Map(ControlRoutes routes)
    {
        routes.MapForOperators("/admin/v1/pools", (HttpMethods.Get, ListAsync));
        routes.MapForOperators("/admin/v1/pools/{pool}", (HttpMethods.Get, GetAsync), (HttpMethods.Put, PutAsync));
    }

    private async ValueTask<ApiError?> ListAsync(HttpContext http)
    {
        var slots = fleet.View.Pools.Where(slot => slot.Definition is not null).OrderBy(slot => slot.Name.Value, StringComparer.Ordinal).ToList();
        var pools = await Task.WhenAll(slots.Select(slot => DescribeAsync(slot, http.RequestAborted)));
        await JsonAnswer.WriteAsync(
            http,
            StatusCodes.Status200OK,
            (Pools: pools, Now: fleet.Time.GetMonotonic()),
            static (json, all) =>
            {
                json.WriteStartObject();
                json.WriteStartArray("pools"u8);
                foreach (var (slot, definition, health) in all.Pools)
                {
                    PoolJson.Write(json, slot, definition, health, all.Now);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            },
            http.RequestAborted);
        return null;
    }

    private async ValueTask<ApiError?> GetAsync(HttpContext http)
    {
        if (Find(http, out var refusal) is not { } slot)
        {
            return refusal;
        }

        await AnswerAsync(http, slot);
        return null;
    }

    /// <summary>Changes a pool's definition while it runs. Its name and model stay: what its engines serve is theirs to say.</summary>
    private async ValueTask<ApiError?> PutAsync(HttpContext http)
    {
        if (Find(http, out var refusal) is not { } slot)
        {
            return refusal;
        }

        using var body = new PooledBuffer();
        if (await ControlBody.ReadAsync(http, body, options.MaxPoolBytes, options.BodyTimeout, fleet.Time) is { } bad)
        {
            return bad;
        }

        var read = PoolsFile.ParsePool(body.Span);
        if (!read.IsValid)
        {
            var first = read.Errors[0];
            return ApiErrors.InvalidRequest($"{string.Join("; ", read.Errors)}.", first.Path.Length > 0 ? first.Path : null);
        }

        var definition = read.Pools[0];
        if (Conflict(slot, definition) is { } conflict)
        {
            return conflict;
        }

        await actors.Pool(slot.Name).ConfigureAsync(definition).Within(options.CallTimeout, fleet.Time, http.RequestAborted);
        await AnswerAsync(http, slot);
        return null;
    }

    private ApiError? Conflict(PoolSlot slot, PoolDefinition wanted)
    {
        if (wanted.Name != slot.Name)
        {
            return ApiErrors.InvalidRequest($"name must be '{slot.Name}', as in the path.", "name");
        }

        if (wanted.Model != slot.Definition!.Model)
        {
            return ApiErrors.InvalidRequest($"model must stay '{slot.Definition.Model}': another model is another pool.", "model");
        }

        for (var i = 0; i < wanted.Aliases.Count; i++)
        {
            if (fleet.View.FindByModel(wanted.Aliases[i]) is { } other && other.Name != slot.Name)
            {
                return ApiErrors.InvalidRequest($"aliases[{i}] is served by the pool '{other.Name}' already.", $"aliases[{i}]");
            }
        }

        return null;
    }

    private PoolSlot? Find(HttpContext http, out ApiError? refusal)
    {
        var name = (string?)http.Request.RouteValues["pool"];
        if (!NameRule.IsValid(name))
        {
            refusal = ApiErrors.InvalidRequest($"pool must be {NameRule.Description}.", "pool");
        }
        else if (fleet.View.Find(new PoolName(name!)) is { Definition: not null } slot)
        {
            refusal = null;
            return slot;
        }
        else
        {
            refusal = ApiErrors.PoolNotFound(name!);
        }

        return null;
    }

    private async Task AnswerAsync(HttpContext http, PoolSlot slot)
    {
        var described = await DescribeAsync(slot, http.RequestAborted);
        await JsonAnswer.WriteAsync(
            http,
            StatusCodes.Status200OK,
            (Pool: described, Now: fleet.Time.GetMonotonic()),
            static (json, one) => PoolJson.Write(json, one.Pool.Slot, one.Pool.Definition, one.Pool.Health, one.Now),
            http.RequestAborted);
    }

    /// <summary>By the pool's actor; where it does not answer, by what this silo sees.</summary>
    private async Task<(PoolSlot Slot, PoolDefinition Definition, PoolHealthReport Health)> DescribeAsync(PoolSlot slot, CancellationToken cancellationToken)
    {
        try
        {
            if (await actors.Pool(slot.Name).DescribeAsync().Within(options.CallTimeout, fleet.Time, cancellationToken) is { } known)
            {
                return (slot, known.Definition, known.Health);
            }
        }
        catch (Exception error) when (error is TimeoutException or MailboxFullException)
        {
            // An operator needs an answer most when the fleet is not well.
        }

        return (slot, slot.Definition!, slot.Judge()!);
    }
}
