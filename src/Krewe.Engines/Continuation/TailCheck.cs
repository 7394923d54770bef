using System.Text;
using Krewe.Engines.Bodies;
using Krewe.Engines.Buffers;
using Krewe.Engines.Streams;

namespace Krewe.Engines.Continuation;

/// <summary>
/// How many of the last tokens told were not delivered. A chunk of several tokens may hold back the text of its last,
/// and only the engine's tokenizer knows.
/// </summary>
internal static class TailCheck
{
    /// <summary>Most tokens that are tried; what is held back is the rest of one character, of three tokens at most.</summary>
    private const int MaxHeldBack = 3;

    /// <summary>Most tokens that an engine holds back because they may be the beginning of a stop string.</summary>
    private const int MaxHeldBackForStop = 64;

    /// <summary>
    /// Tokens to cut back where only the text is known: how many more tokens were told than the text has. Asked for only
    /// where some may be held back, for a text need not be made of the tokens that its tokenizer would choose; a
    /// difference beyond what may be held back is taken for that.
    /// </summary>
    public static async ValueTask<int> UndeliveredByTextAsync(
        EngineTokenizer tokenizer, RequestBody body, StreamTally tally, PooledBuffer text, CancellationToken cancellationToken)
    {
        var most = body.HasAny(RequestTraits.StopStrings) ? MaxHeldBackForStop : MaxHeldBack;
        if ((tally.LastChunkTokens <= 1 && most == MaxHeldBack) || !tally.IsDeliveredExact
            || await tokenizer.TokenizeAsync(Encoding.UTF8.GetString(text.Span), cancellationToken).ConfigureAwait(false) is not { } reply)
        {
            return 0;
        }

        var undelivered = tally.DeliveredTokens - reply.Count;
        return undelivered > 0 && undelivered <= most ? undelivered : 0;
    }

    /// <summary>Tokens to cut back; null where no number of them gives the text that was sent.</summary>
    public static async ValueTask<int?> UndeliveredAsync(EngineTokenizer tokenizer, StreamTally tally, CancellationToken cancellationToken)
    {
        var ids = tally.Ids!;
        if (ids.LastChunkCount == 1)
        {
            // An engine that shows text after a single token shows all that it has.
            return 0;
        }

        using var sent = new PooledBuffer();
        if (!JsonText.TryUnescape(tally.EscapedText.Span[^ids.TailTextBytes..], sent))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(sent.Span);
        var tail = ids.Tail;
        for (var heldBack = 0; heldBack <= MaxHeldBack && heldBack < ids.TailCount && !tail.IsEmpty; heldBack++)
        {
            if (string.Equals(await tokenizer.DetokenizeAsync(tail, cancellationToken).ConfigureAwait(false), text, StringComparison.Ordinal))
            {
                return heldBack;
            }

            tail = tail[..Math.Max(0, tail.Span.LastIndexOf((byte)','))];
        }

        return null;
    }
}
