using System.Buffers;
using Krewe.Engines.Buffers;

namespace Krewe.Engines.Streams;

/// <summary>Writes a payload with some of its values replaced, every other byte as it was.</summary>
public static class ChunkRewriter
{
    private const int Single = 4;

    /// <param name="data">The payload that <paramref name="chunk"/> was read from.</param>
    /// <param name="chunk">What the inspector found in it.</param>
    /// <param name="rewrite">What to change.</param>
    /// <param name="output">Where the changed payload goes.</param>
    public static void Write(ReadOnlySpan<byte> data, in StreamChunk chunk, in ChunkRewrite rewrite, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var finishes = rewrite.FinishReason && chunk.HasForeignFinish ? ChunkInspector.FindForeignFinishes(data) : [];
        Span<(ByteRange Range, int Source)> edits = new (ByteRange, int)[Single + finishes.Count];
        var count = 0;
        Add(edits, ref count, rewrite.Id.IsEmpty ? default : chunk.Id, 0);
        Add(edits, ref count, rewrite.Created.IsEmpty ? default : chunk.Created, 1);
        Add(edits, ref count, rewrite.Usage.IsEmpty ? default : chunk.Usage, 2);
        Add(edits, ref count, rewrite.HideTransfer ? chunk.KvTransferParams : default, 3);
        for (var i = 0; i < finishes.Count; i++)
        {
            Add(edits, ref count, finishes[i].Range, Single + i);
        }

        edits = edits[..count];
        edits.Sort(static (a, b) => a.Range.Start.CompareTo(b.Range.Start));
        var position = 0;
        foreach (var (range, source) in edits)
        {
            output.Write(data[position..range.Start]);
            output.Write(source switch
            {
                0 => rewrite.Id.Span,
                1 => rewrite.Created.Span,
                2 => rewrite.Usage.Span,
                3 => "null"u8,
                _ => FinishReasons.Json(finishes[source - Single].Reason),
            });
            position = range.End;
        }

        output.Write(data[position..]);
    }

    private static void Add(Span<(ByteRange Range, int Source)> edits, ref int count, ByteRange range, int source)
    {
        if (!range.IsEmpty)
        {
            edits[count++] = (range, source);
        }
    }
}
