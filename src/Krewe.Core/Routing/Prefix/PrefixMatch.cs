using System.Runtime.CompilerServices;
using Krewe.Core.Identity;

namespace Krewe.Core.Routing.Prefix;

/// <summary>A life of an instance that has the beginning of a prompt.</summary>
/// <param name="Instance">Which instance.</param>
/// <param name="Epoch">Which life of it.</param>
/// <param name="Blocks">How many blocks of the prompt it has, from the first; at least 1.</param>
internal readonly record struct PrefixMatch(InstanceId Instance, Epoch Epoch, int Blocks);

/// <summary>Room for the matches of one decision, on the stack.</summary>
[InlineArray(Max)]
internal struct PrefixMatches
{
    public const int Max = 8;

    private PrefixMatch _first;
}
