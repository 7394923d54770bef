namespace Krewe.Simulation.Tests;

public sealed class DeterminismTests
{
    [Fact]
    public void The_same_seed_gives_the_same_history()
    {
        for (ulong seed = 0; seed < 30; seed++)
        {
            var (first, second) = (Simulator.Run(seed), Simulator.Run(seed));
            Assert.Equal(first.TraceHash, second.TraceHash);
            Assert.Equal(first.Steps, second.Steps);
        }
    }

    [Fact]
    public void Another_seed_gives_another_history()
    {
        var hashes = Enumerable.Range(1000, 30).Select(seed => Simulator.Run((ulong)seed).TraceHash).ToHashSet();
        Assert.Equal(30, hashes.Count);
    }

    [Fact]
    public void A_run_stays_on_its_thread()
    {
        // A run elsewhere must not be told apart either: nothing hangs on the thread that it began on.
        var here = Simulator.Run(7);
        SimulationReport? there = null;
        var thread = new Thread(() => there = Simulator.Run(7));
        thread.Start();
        thread.Join();
        Assert.Equal(here.TraceHash, there!.TraceHash);
        Assert.NotEqual("one thread", here.Violation?.Invariant);
    }
}
