using Krewe.EngineSim.Engine;
using Krewe.EngineSim.Hosting;

namespace Krewe.Client.Tests.Rig;

internal static class TestEngines
{
    /// <summary>So many mixed engines, a token each so many milliseconds.</summary>
    public static async Task<IReadOnlyList<SimEngineHost>> StartAsync(int count = 2, int tokenMs = 3) =>
        await Task.WhenAll(Enumerable.Range(1, count).Select(i => SimEngineHost.StartAsync(new SimEngineOptions
        {
            Name = $"m{i}",
            Timing = new SimTiming { StepBase = TimeSpan.FromMilliseconds(tokenMs), StepPerRunning = TimeSpan.Zero },
            KeepsRequests = 50,
        })));

    public static async Task StopAsync(IEnumerable<SimEngineHost> engines)
    {
        foreach (var engine in engines)
        {
            await engine.DisposeAsync();
        }
    }
}
