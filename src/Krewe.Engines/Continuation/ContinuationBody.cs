using Krewe.Core.Requests;
using Krewe.Engines.Bodies;
using Krewe.Engines.Buffers;

namespace Krewe.Engines.Continuation;

/// <summary>
/// The body that asks for the rest of an answer: the client's own, with what was delivered added to its prompt and its
/// limits lowered. It is read again like a client's, so that every protocol's legs can be written from it.
/// </summary>
public static class ContinuationBody
{
    private static readonly byte[] True = "true"u8.ToArray();
    private static readonly byte[] False = "false"u8.ToArray();

    /// <summary>
    /// By text: chat gets the partial answer as a last message that is left open (<c>continue_final_message</c>), a
    /// completion's prompt is lengthened.
    /// </summary>
    /// <param name="body">The client's.</param>
    /// <param name="decision">What may still be generated.</param>
    /// <param name="delivered">Tokens delivered.</param>
    /// <param name="escapedText">The text delivered, JSON-escaped, without quotes.</param>
    /// <param name="output">Where the new body goes; it must live as long as what is returned.</param>
    public static RequestBody WithText(
        RequestBody body, in ContinuationDecision decision, int delivered, ReadOnlySpan<byte> escapedText, PooledBuffer output)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(output);
        using var field = new PooledBuffer();
        var editor = new BodyEditor(body);
        if (body.Endpoint == RequestEndpoint.ChatCompletions)
        {
            var messages = body.Value(BodyProperty.Messages).Span[..^1];
            field.Write(messages);
            field.Write(messages[1..].IndexOfAnyExcept(" \t\r\n"u8) < 0 ? ""u8 : ","u8);
            field.Write("{\"role\":\"assistant\",\"content\":\""u8);
            field.Write(escapedText);
            field.Write("\"}]"u8);
            editor.Set(BodyProperty.Messages, field.Memory);
            editor.Set(BodyProperty.ContinueFinalMessage, True);
            editor.Set(BodyProperty.AddGenerationPrompt, False);
        }
        else
        {
            InsertIntoPrompt(body.Value(BodyProperty.Prompt).Span, (byte)'"', escapedText, field);
            editor.Set(BodyProperty.Prompt, field.Memory);
        }

        LowerLimits(ref editor, body, decision, delivered);
        return Read(ref editor, body.Endpoint, output);
    }

    /// <summary>By token ids behind a prompt of token ids.</summary>
    /// <param name="body">The client's: a completion whose prompt is one list of token ids.</param>
    /// <param name="decision">What may still be generated.</param>
    /// <param name="delivered">Tokens delivered.</param>
    /// <param name="ids">Their ids, a list of numbers without brackets.</param>
    /// <param name="output">As for <see cref="WithText"/>.</param>
    public static RequestBody WithTokens(
        RequestBody body, in ContinuationDecision decision, int delivered, ReadOnlySpan<byte> ids, PooledBuffer output)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(output);
        using var field = new PooledBuffer();
        InsertIntoPrompt(body.Value(BodyProperty.Prompt).Span, (byte)']', ids, field);
        var editor = new BodyEditor(body);
        editor.Set(BodyProperty.Prompt, field.Memory);
        LowerLimits(ref editor, body, decision, delivered);
        return Read(ref editor, body.Endpoint, output);
    }

    /// <summary>
    /// As a completion of the whole prompt's token ids, which no chat template touches; what it answers is for
    /// <see cref="ChatTranslation"/> where the client asked for a chat.
    /// </summary>
    /// <param name="body">The client's, of either kind.</param>
    /// <param name="maxTokens">Tokens that may still be generated.</param>
    /// <param name="minTokens">Tokens that must still be generated.</param>
    /// <param name="promptIds">The ids of the prompt as the first engine rendered it, without brackets.</param>
    /// <param name="ids">The ids delivered.</param>
    /// <param name="output">As for <see cref="WithText"/>.</param>
    public static RequestBody AsTokens(
        RequestBody body, int maxTokens, int minTokens, ReadOnlySpan<byte> promptIds, ReadOnlySpan<byte> ids, PooledBuffer output)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(output);
        using var prompt = new PooledBuffer();
        prompt.Write((byte)'[');
        prompt.Write(promptIds);
        prompt.Write((byte)',');
        prompt.Write(ids);
        prompt.Write((byte)']');
        var editor = new BodyEditor(body);
        editor.Remove(BodyProperty.Messages);
        editor.Set(BodyProperty.Prompt, prompt.Memory);
        editor.Set(BodyProperty.MaxTokens, maxTokens);
        editor.Remove(BodyProperty.MaxCompletionTokens);
        editor.Remove(BodyProperty.MinCompletionTokens);
        if (body.Contains(BodyProperty.MinTokens) || minTokens > 0)
        {
            editor.Set(BodyProperty.MinTokens, minTokens);
        }

        return Read(ref editor, RequestEndpoint.Completions, output);
    }

    /// <summary>Puts more in front of the last closing byte of a prompt: that of the string, also of one alone in a list, or of the innermost list.</summary>
    private static void InsertIntoPrompt(ReadOnlySpan<byte> prompt, byte closing, ReadOnlySpan<byte> more, PooledBuffer output)
    {
        var at = prompt.LastIndexOf(closing);
        var lastDigit = closing == (byte)']' ? prompt.LastIndexOfAnyInRange((byte)'0', (byte)'9') : -1;
        if (closing == (byte)']')
        {
            // Behind the last number; where there is none, in the innermost list.
            at = lastDigit >= 0 ? lastDigit + 1 : prompt.IndexOf(closing);
        }

        output.Write(prompt[..at]);
        if (lastDigit >= 0)
        {
            output.Write((byte)',');
        }

        output.Write(more);
        output.Write(prompt[at..]);
    }

    private static void LowerLimits(ref BodyEditor editor, RequestBody body, in ContinuationDecision decision, int delivered)
    {
        if (body.MaxCompletionTokens is { } completion)
        {
            editor.Set(BodyProperty.MaxCompletionTokens, Math.Max(1, completion - delivered));
        }

        if (body.MaxTokens is { } max)
        {
            editor.Set(BodyProperty.MaxTokens, Math.Max(1, max - delivered));
        }
        else if (body.Endpoint == RequestEndpoint.Completions && decision.TokensLeft is { } left)
        {
            editor.Set(BodyProperty.MaxTokens, left);
        }

        if (body.MinTokens is { } min)
        {
            editor.Set(BodyProperty.MinTokens, Math.Max(0, min - delivered));
        }

        if (body.MinCompletionTokens is { } minCompletion)
        {
            editor.Set(BodyProperty.MinCompletionTokens, Math.Max(0, minCompletion - delivered));
        }
    }

    private static RequestBody Read(ref BodyEditor editor, RequestEndpoint endpoint, PooledBuffer output)
    {
        var written = editor.Write(output);

        // Made of a body that was read, by edits that keep it valid.
        return RequestBody.TryParse(written, endpoint, out var body, out var error)
            ? body
            : throw new InvalidOperationException($"A continuation's body cannot be read: {error.Message}");
    }
}
