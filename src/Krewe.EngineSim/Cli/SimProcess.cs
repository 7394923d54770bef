using System.CommandLine;
using System.Runtime.InteropServices;
using Krewe.EngineSim.Hosting;

namespace Krewe.EngineSim.Cli;

/// <summary>The process: engines until a signal ends them.</summary>
internal static class SimProcess
{
    /// <summary>How long running requests may take to end after the signal.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private const int BadUsage = 2;

    public static async Task<int> RunAsync(string[] args)
    {
        var command = new SimCommand();
        var parsed = command.Root().Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return Fail(parsed.Errors[0].Message);
        }

        if (parsed.Action is { } shown)
        {
            // --help and --version.
            return await parsed.InvokeAsync(new InvocationConfiguration()).ConfigureAwait(false);
        }

        try
        {
            await using var fleet = await SimFleet.StartAsync(command.Engines(parsed), command.Agent(parsed)).ConfigureAwait(false);
            foreach (var engine in fleet.Engines)
            {
                Console.WriteLine($"Engine sim {engine.Name} ({engine.Role.ToString().ToLowerInvariant()}) is ready: {engine.Url.GetLeftPart(UriPartial.Authority)} incarnation {engine.Incarnation}");
            }

            await WaitForSignalAsync().ConfigureAwait(false);
            using var grace = new CancellationTokenSource(Grace);
            await fleet.StopAsync(grace.Token).ConfigureAwait(false);
            return 0;
        }
        catch (Exception e) when (e is ArgumentException or IOException or System.Net.Sockets.SocketException)
        {
            return Fail(e.Message);
        }
    }

    private static async Task WaitForSignalAsync()
    {
        var signalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            signalled.TrySetResult();
        }

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        await signalled.Task.ConfigureAwait(false);
    }

    private static int Fail(string message)
    {
        Console.Error.WriteLine("engine-sim: " + message.ReplaceLineEndings(" "));
        return BadUsage;
    }
}
