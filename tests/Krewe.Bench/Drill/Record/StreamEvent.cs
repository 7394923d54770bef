namespace Krewe.Bench.Drill.Record;

/// <summary>One event of a stream as the client got it.</summary>
/// <param name="At">When, on the drill's clock.</param>
/// <param name="Source">Who made it; null where the chunk does not say.</param>
/// <param name="Index">Which token of the answer is the first that it brought.</param>
/// <param name="Tokens">How many it brought.</param>
/// <param name="Text">What it brought of the text.</param>
internal readonly record struct StreamEvent(TimeSpan At, ChunkSource? Source, int Index, int Tokens, string Text);
