namespace Krewe.Bench.Replay;

/// <summary>One request of a trace.</summary>
/// <param name="At">When it comes, from the trace's beginning.</param>
/// <param name="InputTokens">Prompt tokens, at least 1.</param>
/// <param name="OutputTokens">Tokens of the answer, at least 1.</param>
/// <param name="BlockIds">Names of the prompt's blocks of <see cref="TraceReader.BlockTokens"/> tokens, the last one perhaps not full: equal names are equal text. Empty: the prompt has nothing in common with any other.</param>
internal sealed record TraceRequest(TimeSpan At, int InputTokens, int OutputTokens, long[] BlockIds);
