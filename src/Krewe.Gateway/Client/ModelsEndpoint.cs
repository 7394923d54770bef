using System.Text.Json;
using Krewe.Fleet.View;
using Krewe.Gateway.Client.Access;
using Krewe.Gateway.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Gateway.Client;

/// <summary>Lists the models that the pools serve, under their names and aliases; what a caller may not use does not exist for it.</summary>
internal static class ModelsEndpoint
{
    public static async Task ListAsync(HttpContext http, ClientCaller caller, FleetView view)
    {
        http.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(http.Response.BodyWriter);
        writer.WriteStartObject();
        writer.WriteString("object"u8, "list"u8);
        writer.WriteStartArray("data"u8);
        foreach (var model in Models(caller, view))
        {
            Write(writer, model);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public static async Task GetAsync(HttpContext http, ClientCaller caller, FleetView view, string model)
    {
        if (!caller.MayUse(model) || view.FindByModel(model) is null)
        {
            await ErrorWriter.WriteAsync(http.Response, ClientErrors.ModelNotFound(model), http.RequestAborted);
            return;
        }

        http.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(http.Response.BodyWriter);
        Write(writer, model);
    }

    internal static IEnumerable<string> Models(ClientCaller caller, FleetView view) => view.Pools
        .Where(pool => pool.Definition is not null)
        .SelectMany(pool => pool.Definition!.Aliases.Prepend(pool.Definition.Model))
        .Where(caller.MayUse)
        .Distinct(StringComparer.Ordinal)
        .Order(StringComparer.Ordinal);

    private static void Write(Utf8JsonWriter writer, string model)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, model);
        writer.WriteString("object"u8, "model"u8);
        writer.WriteNumber("created"u8, 0);
        writer.WriteString("owned_by"u8, "krewe"u8);
        writer.WriteEndObject();
    }
}
