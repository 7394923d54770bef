using Krewe.Core.Randomness;
using Krewe.Simulation.Plans;
using Krewe.Simulation.Running;

namespace Krewe.Simulation.Network;

/// <summary>Carries messages, late, in another order, twice, or not at all, as the seed wants.</summary>
internal sealed class SimNetwork(SimulationClock clock, IRandomSource random, Scenario scenario)
{
    /// <summary>The longest that a message of a healthy network takes.</summary>
    public static TimeSpan Slowest { get; } = TimeSpan.FromMilliseconds(120);

    /// <summary>A message of a connection: what is cut waits until the link heals, as TCP sends again.</summary>
    public void OnConnection(TimeSpan cutUntil, Action deliver) => clock.After(Held(cutUntil) + Delay(), deliver);

    /// <summary>An agent's call, or the answer to one: what is cut is mostly lost, but may come when the link heals.</summary>
    public void OfAgent(SimNode node, TimeSpan cutUntil, Action deliver)
    {
        var until = cutUntil > node.AgentCutUntil ? cutUntil : node.AgentCutUntil;
        if (Held(until) is var held && held > TimeSpan.Zero)
        {
            if (random.Next(4) == 0)
            {
                clock.After(held + Delay(), deliver);
            }

            return;
        }

        if (random.NextDouble() >= scenario.AgentLoss)
        {
            clock.After(Delay(), deliver);
        }

        if (random.NextDouble() < scenario.AgentLoss)
        {
            clock.After(Delay() + (random.Next(4) == 0 ? TimeSpan.FromSeconds(random.NextDouble() * 3) : TimeSpan.Zero), deliver);
        }
    }

    /// <summary>A call from one actor to another, or its answer.</summary>
    public void BetweenActors(Action deliver)
    {
        if (scenario.Links != ActorLinks.Lossy)
        {
            clock.After(Delay(), deliver);
            return;
        }

        var chance = random.Next(100);
        if (chance != 0)
        {
            clock.After(Delay(), deliver);
        }

        if (chance is 1 or 2)
        {
            clock.After(Delay() + TimeSpan.FromSeconds(random.NextDouble() * 2), deliver);
        }
    }

    private TimeSpan Held(TimeSpan cutUntil) => cutUntil > clock.Elapsed ? cutUntil - clock.Elapsed : TimeSpan.Zero;

    private TimeSpan Delay()
    {
        var most = random.Next(20) == 0 ? Slowest.Ticks : TimeSpan.TicksPerMillisecond * 2;
        return TimeSpan.FromTicks(1_000 + (long)((most - 1_000) * random.NextDouble()));
    }
}
