using Krewe.Core.Identity;
using Krewe.Core.Load;

namespace Krewe.Fleet.Instances;

/// <param name="Leg">Which half of which attempt.</param>
/// <param name="Epoch">The epoch that routing saw; another one is refused.</param>
/// <param name="Silo">Who holds the reservation and re-asserts it.</param>
/// <param name="Tokens">Estimated prompt tokens.</param>
public readonly record struct BindCommand(AttemptLeg Leg, Epoch Epoch, SiloId Silo, long Tokens);
