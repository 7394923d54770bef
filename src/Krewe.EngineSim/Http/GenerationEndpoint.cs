using Krewe.EngineSim.Faults;
using Krewe.EngineSim.Hosting;
using Krewe.EngineSim.Protocol;
using Krewe.EngineSim.Transfer;
using Microsoft.AspNetCore.Http;

namespace Krewe.EngineSim.Http;

/// <summary><c>POST /v1/completions</c> and <c>/v1/chat/completions</c>.</summary>
internal sealed class GenerationEndpoint(EngineLife life, KvClient transfers)
{
    public async Task HandleAsync(HttpContext http, bool isChat)
    {
        var aborted = http.RequestAborted;
        using var body = await http.Request.ReadBodyAsync(aborted).ConfigureAwait(false);
        string? attempt = http.Request.Headers.TryGetValue("X-Request-Id", out var given) && given.Count > 0 ? given[0] : null;
        life.Attempts.Add(attempt);
        if (life.Options.KeepsRequests > 0)
        {
            Keep(http, body);
        }

        if (life.Faults.TakeRejection() is { } rejection)
        {
            if (rejection.RetryAfterSeconds is { } seconds)
            {
                http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            }

            throw new EngineErrorException(rejection.Status, "The engine refuses by command.");
        }

        var request = GenerationParser.Parse(body.Written, isChat, life.Options.Shape, life.Options.Template);
        if (request.Model is { } model && model != life.Options.Model)
        {
            throw new EngineErrorException(404, $"The model `{model}` does not exist.", "model");
        }

        var identity = new AnswerIdentity(
            (isChat ? "chatcmpl-" : "cmpl-") + (attempt ?? life.NewId()), life.Options.Time.GetUtcNow().ToUnixTimeSeconds(),
            life.Options.Model, life.Options.Name, life.Incarnation, attempt);
        await using var generation = new Generation(life, transfers, request, identity);
        await generation.LoadKvAsync(aborted).ConfigureAwait(false);
        using var onAbort = aborted.UnsafeRegister(static state => ((Generation)state!).Wake(), generation);
        generation.Submit();
        var fault = life.Faults.TakeStreamFault();
        if (request.Stream)
        {
            await new AnswerStream(life, generation, fault).RunAsync(http).ConfigureAwait(false);
        }
        else
        {
            await AnswerWholeAsync(http, generation, fault).ConfigureAwait(false);
        }
    }

    private async Task AnswerWholeAsync(HttpContext http, Generation generation, StreamFault? fault)
    {
        var aborted = http.RequestAborted;
        while (!generation.IsOver && !(fault is not null && generation.Calls[0].Sequence.Produced >= fault.AfterTokens))
        {
            await generation.WaitAsync(aborted).ConfigureAwait(false);
        }

        await life.Faults.WhileFrozenAsync(aborted).ConfigureAwait(false);
        generation.ThrowIfFailed();
        if (fault is not null)
        {
            await ConnectionFaults.ApplyAsync(http, fault.How).ConfigureAwait(false);
            return;
        }

        using var answer = new Utf8Buffer(2048);
        using var transfer = new Utf8Buffer(256);
        generation.AppendTransfer(transfer);
        AnswerWriter.Append(answer, generation.Request, generation.Identity, generation.Calls, generation.PromptTokens, life.Options.TellsCachedTokens, transfer.Written);
        await http.Response.WriteJsonAsync(200, answer, aborted).ConfigureAwait(false);
    }

    private void Keep(HttpContext http, Utf8Buffer body)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, values) in http.Request.Headers)
        {
            headers[name.ToLowerInvariant()] = string.Join(",", values.ToArray());
        }

        life.Keep(new SimReceivedRequest(http.Request.Path, headers, body.Written.ToArray()));
    }
}
