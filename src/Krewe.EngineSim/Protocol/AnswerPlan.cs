using System.Text;
using Krewe.EngineSim.Tokens;

namespace Krewe.EngineSim.Protocol;

/// <summary>
/// All of an answer but its times: how many tokens, with which texts, and why it ends. As tokens follow from the seed, so
/// does where an answer ends by itself, and where a stop string is found.
/// </summary>
internal sealed class AnswerPlan
{
    /// <summary>vLLM's default for completions.</summary>
    private const int DefaultCompletionTokens = 16;

    /// <summary>Texts by position, where stop strings change them.</summary>
    private string[]? _texts;

    private AnswerPlan(ulong seed, int firstIndex, SimStreamShape shape)
    {
        Seed = seed;
        FirstIndex = firstIndex;
        Shape = shape;
    }

    public ulong Seed { get; }

    /// <summary>Index of the first token.</summary>
    public int FirstIndex { get; }

    public SimStreamShape Shape { get; }

    /// <summary>Tokens to produce, the one that ends the answer among them; one at least.</summary>
    public int Tokens { get; private set; }

    /// <summary>The last token ends the answer and has no text.</summary>
    public bool EndsItself { get; private set; }

    /// <summary>The stop string that ended it.</summary>
    public string? StopReason { get; private set; }

    public bool IsStop => EndsItself || StopReason is not null;

    public static AnswerPlan Make(GenerationRequest request, ReadOnlySpan<int> prompt, int choice, AnswerLimits limits)
    {
        var hooks = request.Hooks;
        var (seed, first) = PromptSeed.Of(prompt, hooks.Seed, hooks.Shape.EmptyEvery);
        if (prompt.Length >= limits.MaxModelLength)
        {
            throw EngineErrorException.Bad(
                $"This model's maximum context length is {limits.MaxModelLength} tokens. However, your request has {prompt.Length} input tokens. Please reduce the length of the input messages.",
                request.IsChat ? "messages" : "prompt");
        }

        var room = limits.MaxModelLength - prompt.Length;
        if (request.MaxTokens > room)
        {
            throw EngineErrorException.Bad(
                $"'max_tokens' or 'max_completion_tokens' is too large: {request.MaxTokens}. This model's maximum context length is {limits.MaxModelLength} tokens and your request has {prompt.Length} input tokens ({request.MaxTokens} > {limits.MaxModelLength} - {prompt.Length}).",
                "max_tokens");
        }

        // A partial answer is that of the first choice: the others start anew.
        var plan = new AnswerPlan(SimTokens.SeedOfChoice(seed, choice), choice == 0 ? first : 0, hooks.Shape);
        var cap = Math.Min(request.MaxTokens is { } given ? Math.Max(1, given) : request.IsChat ? room : DefaultCompletionTokens, room);
        cap = Math.Min(cap, SimTokens.MaxIndex - plan.FirstIndex);
        plan.End(request, cap, hooks.AnswerTokens ?? (request.MaxTokens is null ? DefaultAnswer(plan.Seed, limits) : null));
        if (request.Stop.Count > 0)
        {
            plan.FindStop(request);
        }

        return plan;
    }

    /// <summary>How many tokens the answer with this seed has where nothing limits it.</summary>
    public static int DefaultAnswer(ulong seed, AnswerLimits limits) =>
        limits.MinAnswer + (int)(SimTokens.Mix(~seed) % (ulong)(limits.MaxAnswer - limits.MinAnswer + 1));

    public int IdAt(int position) => SimTokens.Id(Seed, FirstIndex + position);

    /// <summary>Whether the token's text holds a character of several bytes.</summary>
    public bool IsMultiByteAt(int position) => !IsEmptyAt(position) && _texts is null && SimTokens.IsMultiByte(IdAt(position));

    /// <summary>Appends the text of the token at a position, as the inside of a JSON string.</summary>
    public void AppendText(int position, Utf8Buffer to)
    {
        if (_texts is not null)
        {
            to.AppendEscaped(_texts[position]);
        }
        else if (!IsEmptyAt(position))
        {
            to.Advance(SimTokens.WriteJson(IdAt(position), to.Reserve(SimTokens.MaxJsonBytes)));
        }
    }

    private bool IsEmptyAt(int position) => (EndsItself && position == Tokens - 1) || Shape.IsEmpty(FirstIndex + position);

    private void End(GenerationRequest request, int cap, int? answerTokens)
    {
        var own = answerTokens is { } length && !request.IgnoreEos ? Math.Max(Math.Max(length - FirstIndex, 0), request.MinTokens) : int.MaxValue;
        EndsItself = own < cap;
        Tokens = EndsItself ? own + 1 : cap;
    }

    private void FindStop(GenerationRequest request)
    {
        var text = new StringBuilder();
        var starts = new List<int>();
        for (var position = 0; position < Tokens; position++)
        {
            starts.Add(text.Length);
            if (!IsEmptyAt(position))
            {
                text.Append(SimTokens.TextOf(IdAt(position)));
            }

            if (position + 1 < request.MinTokens || FindIn(text, starts[position], request.Stop) is not { } found)
            {
                continue;
            }

            EndsItself = false;
            Tokens = position + 1;
            StopReason = found.Stop;
            text.Length = request.IncludeStopText ? found.At + found.Stop.Length : found.At;
            break;
        }

        var all = text.ToString();
        _texts = new string[Tokens];
        for (var position = 0; position < Tokens; position++)
        {
            var from = Math.Min(starts[position], all.Length);
            var to = position + 1 < Tokens ? Math.Min(starts[position + 1], all.Length) : all.Length;
            _texts[position] = all[from..to];
        }
    }

    private static (string Stop, int At)? FindIn(StringBuilder text, int lastTokenStart, List<string> stops)
    {
        (string Stop, int At)? first = null;
        foreach (var stop in stops)
        {
            // Only what ends in the last token is new.
            var from = Math.Max(0, lastTokenStart - stop.Length + 1);
            var at = stop.Length == 0 ? -1 : text.ToString(from, text.Length - from).IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0 && (first is null || from + at < first.Value.At))
            {
                first = (stop, from + at);
            }
        }

        return first;
    }
}
