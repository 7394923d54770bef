namespace Krewe.Client.Wire;

/// <summary>One event of a stream.</summary>
/// <param name="Id">Its number; -1 = it has none.</param>
/// <param name="Data">Its payload, UTF-8; good until the next read.</param>
internal readonly record struct SseItem(int Id, ReadOnlyMemory<byte> Data)
{
    public bool IsDone => Data.Span.SequenceEqual("[DONE]"u8);
}
