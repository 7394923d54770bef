using System.Text.Json;
using Krewe.EngineSim.Faults;
using Krewe.EngineSim.Hosting;
using Krewe.EngineSim.Protocol;
using Krewe.EngineSim.Tokens;
using Microsoft.AspNetCore.Http;

namespace Krewe.EngineSim.Http;

/// <summary>What an engine says of itself, and embeddings.</summary>
internal sealed class EngineInfoEndpoint(EngineLife life)
{
    private const int EmbeddingSize = 8;

    public Task GetAsync(HttpContext http, string path) => path switch
    {
        "/health" => HealthAsync(http),
        "/ping" => HealthAsync(http),
        "/v1/models" => ModelsAsync(http),
        "/version" => VersionAsync(http),
        "/metrics" => MetricsAsync(http),
        _ => Task.FromException(EngineServer.NotFound(path)),
    };

    public async Task EmbedAsync(HttpContext http)
    {
        using var body = await http.Request.ReadBodyAsync(http.RequestAborted).ConfigureAwait(false);
        var inputs = ReadInputs(body.Written);
        using var answer = new Utf8Buffer(4096);
        answer.Append("{\"id\":\"embd-"u8).AppendRaw(life.NewId()).Append("\",\"object\":\"list\",\"created\":"u8)
            .Append(life.Options.Time.GetUtcNow().ToUnixTimeSeconds())
            .Append(",\"model\":"u8).AppendString(life.Options.Model).Append(",\"data\":["u8);
        var tokens = 0;
        for (var i = 0; i < inputs.Count; i++)
        {
            tokens += inputs[i].Ids.Length;
            answer.Append(i == 0 ? ""u8 : ","u8).Append("{\"index\":"u8).Append(i).Append(",\"object\":\"embedding\",\"embedding\":["u8);
            var seed = SimTokens.SeedOf(inputs[i].Ids);
            for (var d = 0; d < EmbeddingSize; d++)
            {
                // From -1 to 1, of the text alone.
                var value = ((double)(SimTokens.Mix(seed + (ulong)d) >> 11) / (1UL << 52)) - 1;
                answer.Append(d == 0 ? ""u8 : ","u8).Append(value);
            }

            answer.Append("]}"u8);
        }

        answer.Append("],\"usage\":{\"prompt_tokens\":"u8).Append(tokens).Append(",\"total_tokens\":"u8).Append(tokens)
            .Append(",\"completion_tokens\":0,\"prompt_tokens_details\":null}}"u8);
        await http.Response.WriteJsonAsync(200, answer, http.RequestAborted).ConfigureAwait(false);
    }

    private List<PromptInput> ReadInputs(ReadOnlySpan<byte> body)
    {
        var inputs = new List<PromptInput>();
        string? model = null;
        JsonFields.ReadObject(body, (ref Utf8JsonReader json) =>
        {
            if (json.ValueTextEquals("input"u8))
            {
                PromptReader.Read(ref json, inputs);
                return true;
            }

            if (json.ValueTextEquals("model"u8))
            {
                model = JsonFields.OptionalString(ref json, "model");
                return true;
            }

            return false;
        });
        if (model is not null && model != life.Options.Model)
        {
            throw new EngineErrorException(404, $"The model `{model}` does not exist.", "model");
        }

        return inputs.Count > 0 ? inputs : throw JsonFields.Wrong("input", "a string, or an array of strings");
    }

    private async Task HealthAsync(HttpContext http)
    {
        switch (life.Faults.Health)
        {
            case SimHealth.Hangs:
                await ConnectionFaults.ApplyAsync(http, SimCut.Stall).ConfigureAwait(false);
                break;
            case SimHealth.Down:
                http.Response.StatusCode = 503;
                break;
            default:
                http.Response.StatusCode = 200;
                break;
        }
    }

    private async Task ModelsAsync(HttpContext http)
    {
        using var answer = new Utf8Buffer();
        answer.Append("{\"object\":\"list\",\"data\":[{\"id\":"u8).AppendString(life.Options.Model)
            .Append(",\"object\":\"model\",\"created\":"u8).Append(life.StartedAt.ToUnixTimeSeconds())
            .Append(",\"owned_by\":\"vllm\",\"root\":"u8).AppendString(life.Options.Model)
            .Append(",\"parent\":null,\"max_model_len\":"u8).Append(life.Options.MaxModelLength).Append(",\"permission\":[]}]}"u8);
        await http.Response.WriteJsonAsync(200, answer, http.RequestAborted).ConfigureAwait(false);
    }

    private static async Task VersionAsync(HttpContext http)
    {
        using var answer = new Utf8Buffer();
        answer.Append("{\"version\":\"0.1.0+krewe.sim\"}"u8);
        await http.Response.WriteJsonAsync(200, answer, http.RequestAborted).ConfigureAwait(false);
    }

    private async Task MetricsAsync(HttpContext http)
    {
        using var answer = new Utf8Buffer(8192);
        MetricsText.Append(answer, life);
        await http.Response.WriteAsync(200, "text/plain; version=0.0.4; charset=utf-8", answer, http.RequestAborted).ConfigureAwait(false);
    }
}
