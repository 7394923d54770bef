namespace Krewe.EngineSim.Faults;

/// <summary>What happens to an answer after so many tokens of its first choice.</summary>
internal sealed record StreamFault(int AfterTokens, SimCut How);
