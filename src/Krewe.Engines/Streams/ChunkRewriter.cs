using System.Buffers;
using System.Runtime.CompilerServices;
using Krewe.Engines.Buffers;

namespace Krewe.Engines.Streams;

/// <summary>Writes a payload with some of its values replaced, every other byte as it was. No allocation, unless a <c>finish_reason</c> is not OpenAI's.</summary>
public static class ChunkRewriter
{
    private const int MaxFixed = 8;

    private enum Source
    {
        Nothing,
        Null,
        Id,
        Created,
        Usage,

        /// <summary>And beyond: a finish reason.</summary>
        Finish,
    }

    /// <param name="data">The payload that <paramref name="chunk"/> was read from.</param>
    /// <param name="chunk">What the inspector found in it.</param>
    /// <param name="rewrite">What to change.</param>
    /// <param name="output">Where the changed payload goes.</param>
    public static void Write(ReadOnlySpan<byte> data, in StreamChunk chunk, in ChunkRewrite rewrite, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var finishes = rewrite.FinishReason && chunk.HasForeignFinish ? ChunkInspector.FindForeignFinishes(data) : null;
        var fixedEdits = default(FixedEdits);
        Span<(ByteRange Range, int Source)> edits = finishes is null ? fixedEdits : new (ByteRange, int)[MaxFixed + finishes.Count];
        var count = 0;
        Add(edits, ref count, rewrite.Id.IsEmpty ? default : chunk.Id, (int)Source.Id);
        Add(edits, ref count, rewrite.Created.IsEmpty ? default : chunk.Created, (int)Source.Created);
        Add(edits, ref count, rewrite.HideTransfer ? chunk.KvTransferParams : default, (int)Source.Null);
        Add(edits, ref count, rewrite.HideRole ? chunk.Role : default, (int)Source.Null);
        Add(edits, ref count, rewrite.HideTokenIds ? chunk.TokenIds : default, (int)Source.Null);
        Add(edits, ref count, rewrite.HideTokenIds ? chunk.PromptTokenIds : default, (int)Source.Null);
        if (rewrite.HideUsage)
        {
            Add(edits, ref count, chunk.Usage.IsEmpty ? default : Property(data, chunk.UsageNameStart, chunk.Usage.End), (int)Source.Nothing);
        }
        else
        {
            Add(edits, ref count, rewrite.Usage.IsEmpty ? default : chunk.Usage, (int)Source.Usage);
        }

        for (var i = 0; i < (finishes?.Count ?? 0); i++)
        {
            Add(edits, ref count, finishes![i].Range, (int)Source.Finish + i);
        }

        var position = 0;
        foreach (var (range, source) in edits[..count])
        {
            output.Write(data[position..range.Start]);
            output.Write(source switch
            {
                (int)Source.Nothing => default,
                (int)Source.Null => "null"u8,
                (int)Source.Id => rewrite.Id.Span,
                (int)Source.Created => rewrite.Created.Span,
                (int)Source.Usage => rewrite.Usage.Span,
                _ => FinishReasons.Json(finishes![source - (int)Source.Finish].Reason),
            });
            position = range.End;
        }

        output.Write(data[position..]);
    }

    /// <summary>A property with the comma that goes with it: the one before, or, where it is the first, the one behind.</summary>
    private static ByteRange Property(ReadOnlySpan<byte> data, int nameStart, int valueEnd)
    {
        var start = data[..nameStart].LastIndexOfAnyExcept(" \t\r\n"u8);
        if (start >= 0 && data[start] == (byte)',')
        {
            return ByteRange.Between(start, valueEnd);
        }

        var behind = data[valueEnd..].IndexOfAnyExcept(" \t\r\n"u8);
        return ByteRange.Between(nameStart, behind >= 0 && data[valueEnd + behind] == (byte)',' ? valueEnd + behind + 1 : valueEnd);
    }

    /// <summary>Keeps the edits in the order of the payload.</summary>
    private static void Add(Span<(ByteRange Range, int Source)> edits, ref int count, ByteRange range, int source)
    {
        if (range.IsEmpty)
        {
            return;
        }

        var at = count++;
        while (at > 0 && edits[at - 1].Range.Start > range.Start)
        {
            edits[at] = edits[at - 1];
            at--;
        }

        edits[at] = (range, source);
    }

    [InlineArray(MaxFixed)]
    private struct FixedEdits
    {
        private (ByteRange Range, int Source) _first;
    }
}
