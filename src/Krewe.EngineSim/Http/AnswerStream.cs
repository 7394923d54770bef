using Krewe.EngineSim.Faults;
using Krewe.EngineSim.Hosting;
using Krewe.EngineSim.Protocol;
using Microsoft.AspNetCore.Http;

namespace Krewe.EngineSim.Http;

/// <summary>Writes one stream as its tokens come.</summary>
internal sealed class AnswerStream(EngineLife life, Generation generation, StreamFault? fault)
{
    private readonly GenerationRequest _request = generation.Request;

    public async Task RunAsync(HttpContext http)
    {
        var response = http.Response;
        var aborted = http.RequestAborted;
        response.StatusCode = 200;
        response.ContentType = "text/event-stream; charset=utf-8";
        if (!generation.IsOver)
        {
            // The status goes out before the first token, as uvicorn does it.
            await response.StartAsync(aborted).ConfigureAwait(false);
            await response.BodyWriter.FlushAsync(aborted).ConfigureAwait(false);
        }

        using var writer = new ChunkWriter(_request, generation.Identity);
        using var events = new Utf8Buffer(4096);
        while (true)
        {
            try
            {
                generation.ThrowIfFailed();
            }
            catch (EngineErrorException error)
            {
                writer.AppendError(events, error);
                break;
            }

            await life.Faults.WhileFrozenAsync(aborted).ConfigureAwait(false);
            var isLast = generation.IsOver;
            foreach (var call in generation.Calls)
            {
                Append(writer, events, call);
            }

            if (IsAtFault)
            {
                await FlushAsync(http, events).ConfigureAwait(false);
                await BreakAsync(http, writer, events).ConfigureAwait(false);
                return;
            }

            if (isLast)
            {
                if (_request.IncludeUsage)
                {
                    writer.AppendFinalUsage(events, generation.Calls, generation.PromptTokens, life.Options.TellsCachedTokens);
                }

                break;
            }

            await FlushAsync(http, events).ConfigureAwait(false);
            await generation.WaitAsync(aborted).ConfigureAwait(false);
        }

        writer.AppendDone(events);
        await FlushAsync(http, events).ConfigureAwait(false);
    }

    private bool IsAtFault => fault is not null && generation.Calls[0].Written >= fault.AfterTokens;

    private void Append(ChunkWriter writer, Utf8Buffer events, GenerationCall call)
    {
        var produced = call.Sequence.Produced;
        if (produced == 0 || call.IsClosed)
        {
            return;
        }

        if (!call.IsOpened)
        {
            call.IsOpened = true;
            if (_request.IsChat)
            {
                writer.AppendRole(events, call);
            }
        }

        var perChunk = _request.Hooks.Shape.TokensPerChunk;
        while (call.Written < produced && !(call.Index == 0 && IsAtFault))
        {
            var tokens = Math.Min(perChunk, call.Plan.Tokens - call.Written);
            if (call.Index == 0 && fault is not null)
            {
                tokens = Math.Min(tokens, fault.AfterTokens - call.Written);
            }

            if (call.Written + tokens > produced)
            {
                break;
            }

            writer.AppendTokens(events, call, tokens);
        }
    }

    private async Task BreakAsync(HttpContext http, ChunkWriter writer, Utf8Buffer events)
    {
        if (fault!.How == SimCut.Error)
        {
            writer.AppendError(events, new EngineErrorException(500, "The engine fails by command."));
            writer.AppendDone(events);
            await FlushAsync(http, events).ConfigureAwait(false);
            return;
        }

        await ConnectionFaults.ApplyAsync(http, fault.How).ConfigureAwait(false);
    }

    private async ValueTask FlushAsync(HttpContext http, Utf8Buffer events)
    {
        if (events.Length == 0)
        {
            return;
        }

        var written = events.WrittenMemory;
        if (_request.Hooks.Shape.SplitWrites)
        {
            // Inside the last multi-byte character, else in the middle.
            var lead = events.Written.LastIndexOfAnyInRange((byte)0xC0, (byte)0xF7);
            var cut = lead >= 0 ? lead + 1 : events.Length / 2;
            await http.Response.BodyWriter.WriteAsync(written[..cut], http.RequestAborted).ConfigureAwait(false);
            written = written[cut..];
        }

        await http.Response.BodyWriter.WriteAsync(written, http.RequestAborted).ConfigureAwait(false);
        events.Clear();
    }
}
