using Krewe.Core.Identity;

namespace Krewe.Simulation.Engines;

/// <param name="Kind">What it says.</param>
/// <param name="Attempt">The attempt that it belongs to, as the engine was told.</param>
/// <param name="Incarnation">Who says it.</param>
/// <param name="Index">A token's place in the answer, a count, or a status.</param>
/// <param name="Value">The token, or a handle.</param>
internal readonly record struct EngineMessage(EngineMessageKind Kind, AttemptId Attempt, string Incarnation, int Index = 0, ulong Value = 0);
