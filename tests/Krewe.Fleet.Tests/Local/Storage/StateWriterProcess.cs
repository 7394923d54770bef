using System.Diagnostics;
using Krewe.Core.Identity;
using Krewe.Fleet.Local.Storage;
using Krewe.Fleet.Pools;

namespace Krewe.Fleet.Tests.Local.Storage;

/// <summary>This test program as another process, which does nothing but save, and say so, until it is killed.</summary>
internal static class StateWriterProcess
{
    public const int Keys = 64;
    public const string Kind = "killed";

    private const string PathVariable = "KREWE_TEST_STATE_WRITER";

    public static Process Start(string path)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            ArgumentList = { typeof(StateWriterProcess).Assembly.Location },
            RedirectStandardOutput = true,
        };
        start.Environment[PathVariable] = path;
        return Process.Start(start) ?? throw new InvalidOperationException("The process did not start.");
    }

    /// <summary>Whether this process is that child; then it writes until it is killed.</summary>
    public static bool RunsHere()
    {
        if (Environment.GetEnvironmentVariable(PathVariable) is not { } path)
        {
            return false;
        }

        WriteForEver(path);
        return true;
    }

    private static void WriteForEver(string path)
    {
        using var store = SqliteStateStore.Open(path);
        using var output = TextWriter.Synchronized(new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true });
        var writers = Enumerable.Range(0, Keys).Select(key => Task.Run(async () =>
        {
            var records = store.Records<PoolIndexRecord>(Kind, $"k{key}");
            // What is stored of it: as many names as it was saved times.
            var saved = (await records.LoadAsync(CancellationToken.None))?.Pools.Count ?? 0;
            while (true)
            {
                saved++;
                await records.SaveAsync(new PoolIndexRecord([.. Enumerable.Range(1, saved).Select(number => new PoolName($"p{number}"))]), CancellationToken.None);
                output.WriteLine($"{key} {saved}");
            }
        })).ToArray();
        Task.WaitAny(writers);
    }
}
