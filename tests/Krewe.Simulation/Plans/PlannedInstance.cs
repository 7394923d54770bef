using Krewe.Core.Instances;

namespace Krewe.Simulation.Plans;

/// <param name="Name">Its name.</param>
/// <param name="Role">What it does.</param>
/// <param name="Limit">Most requests at a time.</param>
internal sealed record PlannedInstance(string Name, InstanceRole Role, int Limit)
{
    public override string ToString() => $"{Name} ({Role}, at most {Limit})";
}
