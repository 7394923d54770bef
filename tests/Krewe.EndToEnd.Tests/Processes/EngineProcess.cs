using Krewe.Testing.Processes;

namespace Krewe.EndToEnd.Tests.Processes;

/// <summary>A simulated engine as a process of its own, registered with a silo.</summary>
internal static class EngineProcess
{
    public static async Task<ChildProcess> StartAsync(Uri control, string name, string role, params IEnumerable<string> more)
    {
        var process = ChildProcess.StartDotnet(
            BuildOutput.Assembly("src/Krewe.EngineSim"),
            ["--name", name, "--role", role, "--register", control.ToString(), .. more]);
        try
        {
            await process.LineAsync("is ready: ", TimeSpan.FromSeconds(60));
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }
}
