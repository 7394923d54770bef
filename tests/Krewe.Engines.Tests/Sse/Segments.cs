using System.Buffers;

namespace Krewe.Engines.Tests.Sse;

/// <summary>A sequence of several segments, cut where the test wants.</summary>
internal sealed class Segments : ReadOnlySequenceSegment<byte>
{
    private Segments(ReadOnlyMemory<byte> memory, long index)
    {
        Memory = memory;
        RunningIndex = index;
    }

    public static ReadOnlySequence<byte> Of(params ReadOnlySpan<byte[]> pieces)
    {
        Segments? first = null;
        Segments? last = null;
        foreach (var piece in pieces)
        {
            var next = new Segments(piece, last is null ? 0 : last.RunningIndex + last.Memory.Length);
            first ??= next;
            if (last is not null)
            {
                last.Next = next;
            }

            last = next;
        }

        return first is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);
    }
}
