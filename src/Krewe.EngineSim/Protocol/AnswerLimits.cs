namespace Krewe.EngineSim.Protocol;

/// <summary>How long answers get.</summary>
/// <param name="MaxModelLength">Prompt and answer together, in tokens.</param>
/// <param name="MinAnswer">Shortest answer that ends by itself, in tokens.</param>
/// <param name="MaxAnswer">Longest such.</param>
internal readonly record struct AnswerLimits(int MaxModelLength, int MinAnswer, int MaxAnswer);
