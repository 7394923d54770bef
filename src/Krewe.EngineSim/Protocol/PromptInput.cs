namespace Krewe.EngineSim.Protocol;

/// <summary>One prompt of a request, as token ids.</summary>
/// <param name="Ids">One at least.</param>
internal readonly record struct PromptInput(int[] Ids);
