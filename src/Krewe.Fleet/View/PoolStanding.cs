using Krewe.Core.Identity;

namespace Krewe.Fleet.View;

/// <summary>How a pool stands, told to the silos by its actor. The later one wins: by generation, then by number.</summary>
/// <param name="Pool">Which.</param>
/// <param name="Generation">Of the pool's activation.</param>
/// <param name="Number">Rises with each standing of that activation.</param>
/// <param name="IsFrozen">Half of it fell silent at once: nobody is taken for lost on silence alone.</param>
/// <param name="RefusesNew">It failed fast: no new request is taken.</param>
public sealed record PoolStanding(PoolName Pool, long Generation, long Number, bool IsFrozen, bool RefusesNew);
