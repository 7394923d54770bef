using Krewe.Core.Requests;

namespace Krewe.Core.Routing;

/// <summary>What one attempt asks of routing.</summary>
/// <param name="AllowDisaggregated">Whether prefill and decode may go to two instances. False: one instance serves it whole.</param>
/// <param name="PromptTokens">The prompt's length, estimated, in tokens.</param>
/// <param name="KeptPrefill">A prefill half that is bound already and stays: only its decode half is sought. Null: both are.</param>
/// <param name="Exclusions">Instances that are not to be chosen. A kept half is not touched by it.</param>
/// <param name="KeptDecode">A decode half that is bound already and stays: only its prefill half is sought. Null: both are, or the other is kept.</param>
/// <param name="Prefix">The prompt's chain of block hashes (<see cref="Krewe.Core.Routing.Prefix.PrefixBlocks"/>); empty where it is not known.</param>
public readonly record struct RouteQuery(
    bool AllowDisaggregated,
    long PromptTokens = 0,
    InstanceBinding? KeptPrefill = null,
    ReadOnlyMemory<Exclusion> Exclusions = default,
    InstanceBinding? KeptDecode = null,
    ReadOnlyMemory<ulong> Prefix = default);
