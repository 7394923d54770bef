namespace Krewe.Core.Routing;

/// <summary>Schedulable instances of one tier that can serve the same part of a request, as slots of their pool's view.</summary>
/// <param name="Key">Names the set within its pool, for <see cref="RoutingState.Cursor"/>.</param>
/// <param name="Slots">In the order of the instances' names.</param>
internal sealed record CandidateSet(int Key, int[] Slots)
{
    public bool IsEmpty => Slots.Length == 0;
}
