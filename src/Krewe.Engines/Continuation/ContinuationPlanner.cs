using System.Text;
using Krewe.Core.Pools;
using Krewe.Core.Requests;
using Krewe.Engines.Bodies;
using Krewe.Engines.Buffers;
using Krewe.Engines.Http;
using Krewe.Engines.Protocols;

namespace Krewe.Engines.Continuation;

/// <summary>
/// Chooses how a broken stream goes on: by the ids of its tokens where they are known and all of them are accounted for,
/// else by its text, where the engine takes it up unchanged. Thread-safe.
/// </summary>
public sealed class ContinuationPlanner(TemplateVerdicts verdicts)
{
    private static readonly byte[] CountEachChunk = """{"include_usage":true,"continuous_usage_stats":true}"""u8.ToArray();

    // These need the whole answer's text to be looked at by the engine that answers in chat's own way.
    private const RequestTraits ByTextOnly = RequestTraits.Tools | RequestTraits.StopStrings;

    /// <summary>What a leg that streams is asked to tell, so that its stream can go on elsewhere.</summary>
    /// <param name="body">The client's request, which nothing forbids to continue.</param>
    /// <param name="mode">The pool's mode; not off.</param>
    /// <param name="engine">Who is to answer.</param>
    /// <param name="client">The pool's way to it.</param>
    public LegValues Ask(RequestBody body, ContinuationMode mode, InstanceBinding engine, EngineClient client)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(engine);
        var protocol = EngineProtocols.Get(engine.Protocol);
        return new LegValues
        {
            StreamOptions = protocol.TellsContinuousUsage && !(body.IncludeUsage && body.ContinuousUsage) ? CountEachChunk : default,
            TokenIds = protocol.TellsTokenIds && !body.HasAny(RequestTraits.TokenIds | ByTextOnly) && NeedsIds(body, mode, protocol, engine, client),
        };
    }

    /// <summary>How the stream goes on. Throws only when <paramref name="cancellationToken"/> is cancelled.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="output">Where the new body goes; it must live as long as the plan.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<ContinuationPlan> PlanAsync(BrokenStream stream, PooledBuffer output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        try
        {
            var plan = await ByTokensAsync(stream, output, cancellationToken).ConfigureAwait(false)
                ?? await ByTextAsync(stream, output, cancellationToken).ConfigureAwait(false);
            return plan;
        }
        catch (EngineException error)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return ContinuationPlan.Fail(error.Failure);
        }
    }

    private static EngineTokenizer Tokenizer(BrokenStream stream) => new(stream.Client, stream.Binding.Decode.Url, stream.Body.Model);

    private bool NeedsIds(RequestBody body, ContinuationMode mode, IEngineProtocol protocol, InstanceBinding engine, EngineClient client)
    {
        if (mode == ContinuationMode.Tokens)
        {
            return true;
        }

        // A completion's text has no template around it.
        if (mode != ContinuationMode.Auto || body.Endpoint != RequestEndpoint.ChatCompletions || !protocol.ContinuesMessages)
        {
            return false;
        }

        return body.HasAny(RequestTraits.OwnTemplate)
            || verdicts.KnownOrBegin(client, engine.Instance, engine.Epoch, engine.Url, body.Model) is TemplateVerdict.Unsound or TemplateVerdict.SoundInside;
    }

    /// <summary>Null where ids do not do.</summary>
    private static async ValueTask<ContinuationPlan?> ByTokensAsync(BrokenStream stream, PooledBuffer output, CancellationToken cancellationToken)
    {
        var (body, tally) = (stream.Body, stream.Tally);
        if (tally.Ids is not { IsIncomplete: false, Prompt.IsEmpty: false } ids || ids.DeliveredCount != tally.DeliveredTokens || body.HasAny(ByTextOnly))
        {
            return null;
        }

        if (await TailCheck.UndeliveredAsync(Tokenizer(stream), tally, cancellationToken).ConfigureAwait(false) is not { } undelivered)
        {
            return null;
        }

        tally.CutBack(undelivered);
        var left = stream.Decision.TokensLeft + undelivered;
        if (left is null)
        {
            // A completion without a limit would get a short one; a chat has what room there is.
            var told = await Tokenizer(stream).TokenizeAsync("a", cancellationToken).ConfigureAwait(false);
            left = told?.MaxModelLength - (ids.Prompt.Span.Count((byte)',') + 1) - tally.DeliveredTokens;
        }

        return left is > 0 and { } tokens
            ? ContinuationPlan.Send(ContinuationBody.AsTokens(
                body, tokens, Math.Max(0, ContinuationRequest.MinTokens(body) - tally.DeliveredTokens), ids.Prompt.Span, ids.Delivered.Span, output))
            : null;
    }

    private async ValueTask<ContinuationPlan> ByTextAsync(BrokenStream stream, PooledBuffer output, CancellationToken cancellationToken)
    {
        var (body, tally) = (stream.Body, stream.Tally);
        using var text = new PooledBuffer();
        if (!tally.TryWriteText(text))
        {
            return ContinuationPlan.Refuse(ContinuationRefusal.HalfCharacter);
        }

        var undelivered = await TailCheck.UndeliveredByTextAsync(Tokenizer(stream), body, tally, text, cancellationToken).ConfigureAwait(false);
        tally.CutBack(undelivered);
        var decision = stream.Decision with { TokensLeft = stream.Decision.TokensLeft + undelivered };
        if (body.Endpoint == RequestEndpoint.Completions && body.PromptKind is PromptKind.Tokens or PromptKind.TokenLists)
        {
            return await Tokenizer(stream).TokenizeAsync(Encoding.UTF8.GetString(text.Span), cancellationToken).ConfigureAwait(false) is { } reply
                ? ContinuationPlan.Send(ContinuationBody.WithTokens(body, decision, tally.DeliveredTokens, reply.Ids, output))
                : ContinuationPlan.Refuse(ContinuationRefusal.Protocol);
        }

        if (body.Endpoint == RequestEndpoint.ChatCompletions && await CheckTemplateAsync(stream, text, cancellationToken).ConfigureAwait(false) is { } no)
        {
            return no;
        }

        return ContinuationPlan.Send(ContinuationBody.WithText(body, decision, tally.DeliveredTokens, tally.EscapedText.Span, output));
    }

    /// <summary>Null where the text can be taken up as it is.</summary>
    private async ValueTask<ContinuationPlan?> CheckTemplateAsync(BrokenStream stream, PooledBuffer text, CancellationToken cancellationToken)
    {
        var binding = stream.Binding;
        if (!EngineProtocols.Get(binding.Decode.Protocol).ContinuesMessages)
        {
            return ContinuationPlan.Refuse(ContinuationRefusal.Protocol);
        }

        if (stream.Mode == ContinuationMode.Text)
        {
            return null;
        }

        if (stream.Body.HasAny(RequestTraits.OwnTemplate))
        {
            return ContinuationPlan.Refuse(ContinuationRefusal.Template);
        }

        var tested = await VerdictAsync(stream, binding.Decode, cancellationToken).ConfigureAwait(false);
        if (binding.IsDisaggregated && tested.Verdict is TemplateVerdict.Sound or TemplateVerdict.SoundInside)
        {
            // Both render the prompt; the stricter of the two counts.
            var prefill = await VerdictAsync(stream, binding.Prefill, cancellationToken).ConfigureAwait(false);
            tested = prefill.Verdict is TemplateVerdict.Sound ? tested : prefill;
        }

        return tested.Verdict switch
        {
            TemplateVerdict.Sound => null,
            TemplateVerdict.SoundInside when !HasWhiteSpaceAtAnEnd(text.Span) => null,
            TemplateVerdict.Unknown => ContinuationPlan.Fail(tested.Failure),
            _ => ContinuationPlan.Refuse(ContinuationRefusal.Template),
        };
    }

    private Task<TestedTemplate> VerdictAsync(BrokenStream stream, InstanceBinding engine, CancellationToken cancellationToken) =>
        verdicts.GetAsync(stream.Client, engine.Instance, engine.Epoch, engine.Url, stream.Body.Model, cancellationToken);

    private static bool HasWhiteSpaceAtAnEnd(ReadOnlySpan<byte> text)
    {
        Rune.DecodeFromUtf8(text, out var first, out _);
        Rune.DecodeLastFromUtf8(text, out var last, out _);
        return Rune.IsWhiteSpace(first) || Rune.IsWhiteSpace(last);
    }
}
