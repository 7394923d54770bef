using Krewe.EngineSim.Tokens;

namespace Krewe.EngineSim.Protocol;

/// <summary>
/// Writes the events of one stream in vLLM's shape. What is the same in all of them is made once; an event is then a few
/// copies, without a serializer or an allocation.
/// </summary>
internal sealed class ChunkWriter : IDisposable
{
    private readonly GenerationRequest _request;
    private readonly AnswerIdentity _identity;
    private readonly SimStreamShape _shape;
    private readonly Utf8Buffer _head = new(512);
    private readonly Utf8Buffer _sim = new(256);
    private ulong _simSeed = ulong.MaxValue;

    public ChunkWriter(GenerationRequest request, AnswerIdentity identity)
    {
        _request = request;
        _identity = identity;
        _shape = request.Hooks.Shape;
        if (_shape.Comments)
        {
            _head.Append(": keep-alive"u8).Append(LineEnd).Append(LineEnd);
        }

        _head.Append("data: {\"id\":"u8).AppendString(identity.Id)
            .Append(request.IsChat ? ",\"object\":\"chat.completion.chunk\",\"created\":"u8 : ",\"object\":\"text_completion\",\"created\":"u8)
            .Append(identity.Created)
            .Append(",\"model\":"u8).AppendString(identity.Model)
            .Append(",\"choices\":["u8);
    }

    private ReadOnlySpan<byte> LineEnd => _shape.Crlf ? "\r\n"u8 : "\n"u8;

    /// <summary>A chat's first chunk of a choice.</summary>
    public void AppendRole(Utf8Buffer to, GenerationCall call)
    {
        to.Append(_head.Written).Append("{\"index\":"u8).Append(call.Index)
            .Append(",\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,\"finish_reason\":null}]"u8);
        if (_request.ReturnTokenIds)
        {
            to.Append(",\"prompt_token_ids\":"u8).AppendInts(call.Sequence.Prompt);
        }

        AppendUsage(to, call, 0);
        AppendEnd(to, call, 0);
    }

    /// <summary>A chunk of the next <paramref name="tokens"/> tokens.</summary>
    public void AppendTokens(Utf8Buffer to, GenerationCall call, int tokens)
    {
        var plan = call.Plan;
        var end = call.Written + tokens;
        var isLast = end == plan.Tokens;
        to.Append(_head.Written).Append("{\"index\":"u8).Append(call.Index)
            .Append(_request.IsChat ? ",\"delta\":{\"content\":\""u8 : ",\"text\":\""u8);
        if (call.Written == 0 && _request.Echo && !_request.IsChat)
        {
            to.AppendEscaped(SimTokenizer.Decode(call.Sequence.Prompt));
        }

        // The text of a token whose last bytes are still to come waits for the next.
        var isHeldBack = _shape.SplitCharacters && !isLast && plan.IsMultiByteAt(end - 1) && call.TextPending == 0;
        for (var i = call.Written - call.TextPending; i < (isHeldBack ? end - 1 : end); i++)
        {
            plan.AppendText(i, to);
        }

        to.Append(_request.IsChat ? "\"},\"logprobs\":null,\"finish_reason\":"u8 : "\",\"logprobs\":null,\"finish_reason\":"u8);
        to.Append(!isLast ? "null"u8 : plan.IsStop ? "\"stop\""u8 : "\"length\""u8);
        if (isLast || !_request.IsChat)
        {
            to.Append(",\"stop_reason\":"u8).AppendString(isLast ? plan.StopReason : null);
        }

        if (_request.ReturnTokenIds)
        {
            AppendIds(to.Append(",\"token_ids\":["u8), plan, call.Written, end);
            to.Append("]}]"u8);
        }
        else
        {
            to.Append(",\"token_ids\":null}]"u8);
        }

        if (_request.ReturnTokenIds && call.Written == 0 && !_request.IsChat)
        {
            to.Append(",\"prompt_token_ids\":"u8).AppendInts(call.Sequence.Prompt);
        }

        AppendUsage(to, call, end);
        AppendEnd(to, call, tokens);
        call.TextPending = isHeldBack ? 1 : 0;
        call.Written = end;
        call.IsClosed = isLast;
    }

    /// <summary>The chunk without choices that says what the whole request used.</summary>
    public void AppendFinalUsage(Utf8Buffer to, List<GenerationCall> calls, int promptTokens, bool tellCached)
    {
        var completion = 0;
        foreach (var call in calls)
        {
            completion += call.Written;
        }

        to.Append(_head.Written).Append("],\"usage\":"u8);
        Usage.Append(to, promptTokens, completion, tellCached ? calls : null);
        AppendEnd(to, calls[^1], 0);
    }

    /// <summary>vLLM tells an error inside a stream, under status 200, and ends the stream as ever.</summary>
    public void AppendError(Utf8Buffer to, EngineErrorException error)
    {
        to.Append("data: "u8);
        ErrorBody.Append(to, error);
        to.Append(LineEnd).Append(LineEnd);
    }

    public void AppendDone(Utf8Buffer to) => to.Append("data: [DONE]"u8).Append(LineEnd).Append(LineEnd);

    public void Dispose()
    {
        _head.Dispose();
        _sim.Dispose();
    }

    internal static void AppendIds(Utf8Buffer to, AnswerPlan plan, int from, int end)
    {
        for (var i = from; i < end; i++)
        {
            to.Append(plan.IdAt(i));
            if (i < end - 1)
            {
                to.Append(","u8);
            }
        }
    }

    private void AppendUsage(Utf8Buffer to, GenerationCall call, int tokens)
    {
        if (_request.ContinuousUsage)
        {
            to.Append(",\"usage\":"u8);
            Usage.Append(to, call.Sequence.Prompt.Length, tokens, null);
        }
    }

    private void AppendEnd(Utf8Buffer to, GenerationCall call, int tokens)
    {
        if (_simSeed != call.Plan.Seed)
        {
            _sim.Clear();
            _identity.AppendSimHead(_sim, call.Plan.Seed);
            _simSeed = call.Plan.Seed;
        }

        to.Append(_sim.Written).Append(call.Plan.FirstIndex + call.Written).Append(",\"tokens\":"u8).Append(tokens).Append("}}"u8).Append(LineEnd).Append(LineEnd);
    }
}
