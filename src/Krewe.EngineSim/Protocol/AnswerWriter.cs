using Krewe.EngineSim.Tokens;

namespace Krewe.EngineSim.Protocol;

/// <summary>Writes a whole answer in vLLM's shape.</summary>
internal static class AnswerWriter
{
    /// <param name="to">Where.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="identity">Who answers.</param>
    /// <param name="calls">The choices, complete.</param>
    /// <param name="promptTokens">Of all prompts.</param>
    /// <param name="tellCached">Whether the server tells cached tokens.</param>
    /// <param name="transfer">A prefill leg's transfer parameters, as JSON; empty: null.</param>
    public static void Append(
        Utf8Buffer to, GenerationRequest request, AnswerIdentity identity, List<GenerationCall> calls, int promptTokens, bool tellCached, ReadOnlySpan<byte> transfer)
    {
        to.Append("{\"id\":"u8).AppendString(identity.Id)
            .Append(request.IsChat ? ",\"object\":\"chat.completion\",\"created\":"u8 : ",\"object\":\"text_completion\",\"created\":"u8)
            .Append(identity.Created)
            .Append(",\"model\":"u8).AppendString(identity.Model)
            .Append(",\"choices\":["u8);
        var completion = 0;
        foreach (var call in calls)
        {
            if (call.Index > 0)
            {
                to.Append(","u8);
            }

            AppendChoice(to, request, call);
            completion += call.Plan.Tokens;
        }

        to.Append("],\"service_tier\":null,\"system_fingerprint\":null,\"usage\":"u8);
        Usage.Append(to, promptTokens, completion, tellCached ? calls : null);
        if (request.IsChat)
        {
            to.Append(",\"prompt_logprobs\":null,\"prompt_token_ids\":"u8);
            if (request.ReturnTokenIds)
            {
                to.AppendInts(calls[0].Sequence.Prompt);
            }
            else
            {
                to.Append("null"u8);
            }
        }

        to.Append(",\"kv_transfer_params\":"u8).Append(transfer.IsEmpty ? "null"u8 : transfer);
        var plan = calls[0].Plan;
        identity.AppendSimHead(to, plan.Seed);
        to.Append(plan.FirstIndex).Append(",\"tokens\":"u8).Append(completion).Append("}}"u8);
    }

    private static void AppendChoice(Utf8Buffer to, GenerationRequest request, GenerationCall call)
    {
        to.Append("{\"index\":"u8).Append(call.Index)
            .Append(request.IsChat ? ",\"message\":{\"role\":\"assistant\",\"content\":\""u8 : ",\"text\":\""u8);
        if (request.Echo && !request.IsChat)
        {
            to.AppendEscaped(SimTokenizer.Decode(call.Sequence.Prompt));
        }

        for (var i = 0; i < call.Plan.Tokens; i++)
        {
            call.Plan.AppendText(i, to);
        }

        to.Append(request.IsChat
            ? "\",\"refusal\":null,\"annotations\":null,\"audio\":null,\"function_call\":null,\"tool_calls\":[],\"reasoning_content\":null}"u8
            : "\""u8);
        to.Append(",\"logprobs\":null,\"finish_reason\":"u8).Append(call.Plan.IsStop ? "\"stop\""u8 : "\"length\""u8)
            .Append(",\"stop_reason\":"u8).AppendString(call.Plan.StopReason)
            .Append(",\"token_ids\":"u8);
        if (request.ReturnTokenIds)
        {
            ChunkWriter.AppendIds(to.Append("["u8), call.Plan, 0, call.Plan.Tokens);
            to.Append("]"u8);
        }
        else
        {
            to.Append("null"u8);
        }

        to.Append(request.IsChat ? "}"u8 : ",\"prompt_logprobs\":null,\"prompt_token_ids\":"u8);
        if (!request.IsChat)
        {
            if (request.ReturnTokenIds)
            {
                to.AppendInts(call.Sequence.Prompt);
            }
            else
            {
                to.Append("null"u8);
            }

            to.Append("}"u8);
        }
    }
}
