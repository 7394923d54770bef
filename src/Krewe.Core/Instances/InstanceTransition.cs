using System.Collections.Immutable;

namespace Krewe.Core.Instances;

/// <summary>What became of an event. Where it changed nothing, <paramref name="State"/> is the very state it was applied to.</summary>
public readonly record struct InstanceTransition(InstanceState State, ImmutableArray<InstanceEffect> Effects, InstanceVerdict Verdict);
