using Krewe.Simulation.Running;

namespace Krewe.Simulation.Checks;

/// <summary>Takes the first violation of a run: what follows it may follow from it.</summary>
internal sealed class Findings(SimulationClock clock)
{
    public Violation? First { get; private set; }

    public void Report(string invariant, string what) => First ??= new Violation(invariant, what, clock.Elapsed);

    public void Require(bool holds, string invariant, Func<string> what)
    {
        if (!holds && First is null)
        {
            Report(invariant, what());
        }
    }
}
