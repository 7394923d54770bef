using Krewe.Simulation.Checks;

namespace Krewe.Simulation.Plans;

/// <summary>Takes faults and requests away from a scenario for as long as it still breaks the same promise.</summary>
internal static class Shrinker
{
    /// <summary>Most runs that a scenario is worth.</summary>
    private const int MaxRuns = 600;

    public static Scenario Shrink(Scenario scenario, Violation violation)
    {
        var runs = 0;
        var isSmaller = true;
        while (isSmaller && runs < MaxRuns)
        {
            var before = scenario.Faults.Count + scenario.Requests.Count;
            scenario = Without(scenario, scenario.Faults, (whole, kept) => whole with { Faults = kept });
            scenario = Without(scenario, scenario.Requests, (whole, kept) => whole with { Requests = kept });
            isSmaller = scenario.Faults.Count + scenario.Requests.Count < before;
        }

        return scenario;

        // Halves first, then quarters, down to one by one.
        Scenario Without<T>(Scenario whole, IReadOnlyList<T> parts, Func<Scenario, IReadOnlyList<T>, Scenario> with)
        {
            for (var size = Math.Max(1, parts.Count / 2); ; size /= 2)
            {
                for (var start = 0; start < parts.Count && runs < MaxRuns;)
                {
                    List<T> kept = [.. parts.Take(start), .. parts.Skip(start + size)];
                    var candidate = with(whole, kept);
                    runs++;
                    if (Simulator.Run(candidate, keepsText: false).Violation?.Invariant == violation.Invariant)
                    {
                        (whole, parts) = (candidate, kept);
                    }
                    else
                    {
                        start += size;
                    }
                }

                if (size <= 1)
                {
                    return whole;
                }
            }
        }
    }
}
