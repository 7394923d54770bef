using System.Diagnostics;

namespace Krewe.Bench.Load;

/// <summary>Drives a target over a number of connections.</summary>
internal static class LoadGenerator
{
    // Connections that open, and threads that wake, all at once: after that the load is what it is said to be.
    private static readonly TimeSpan OpenLead = TimeSpan.FromSeconds(0.5);

    /// <summary>Closed loop: each connection sends its next request when the last one is answered.</summary>
    public static Task<LoadResult> ClosedAsync(Uri url, string path, byte[] body, int connections, TimeSpan duration, string headers = "") =>
        RunAsync(url, path, body, connections, duration, ratePerSecond: null, headers);

    /// <summary>Open loop: requests are due at a fixed rate, whatever the target does; latency counts from when one was due. The first half second is sent and not counted.</summary>
    public static Task<LoadResult> OpenAsync(Uri url, string path, byte[] body, int connections, TimeSpan duration, double ratePerSecond) =>
        RunAsync(url, path, body, connections, OpenLead + duration, ratePerSecond, "");

    private static async Task<LoadResult> RunAsync(Uri url, string path, byte[] body, int connections, TimeSpan duration, double? ratePerSecond, string headers)
    {
        var open = new List<RawConnection>();
        try
        {
            for (var i = 0; i < connections; i++)
            {
                var connection = new RawConnection(url, path, body, headers);
                open.Add(connection);
                await connection.ConnectAsync();
            }

            var clock = Stopwatch.StartNew();
            var workers = open.Select((connection, index) => WorkAsync(connection, index, connections, clock, duration, ratePerSecond)).ToArray();
            var parts = await Task.WhenAll(workers);
            var seconds = clock.Elapsed.TotalSeconds;
            double[] latencies = [.. parts.SelectMany(part => part.LatenciesMs)];
            Array.Sort(latencies);
            return new LoadResult(latencies.Length, parts.Sum(part => part.Errors), parts.Sum(part => part.Events), seconds, latencies);
        }
        finally
        {
            open.ForEach(connection => connection.Dispose());
        }
    }

    private static async Task<(List<double> LatenciesMs, long Errors, long Events)> WorkAsync(
        RawConnection connection, int index, int connections, Stopwatch clock, TimeSpan duration, double? ratePerSecond)
    {
        var latencies = new List<double>();
        long errors = 0, events = 0;
        for (long turn = 0; clock.Elapsed < duration; turn++)
        {
            var due = clock.Elapsed;
            if (ratePerSecond is { } rate)
            {
                due = TimeSpan.FromSeconds((index + (turn * connections)) / rate);
                if (due >= duration)
                {
                    break;
                }

                // A timer's own coarseness is not the target's; waiting behind the last answer is.
                if (due - clock.Elapsed is var left && left > TimeSpan.Zero)
                {
                    await Task.Delay(left);
                    due = clock.Elapsed;
                }
            }

            try
            {
                var isCounted = ratePerSecond is null || due >= OpenLead;
                events += await connection.CallAsync();
                if (isCounted)
                {
                    latencies.Add((clock.Elapsed - due).TotalMilliseconds);
                }
            }
            catch (InvalidDataException error)
            {
                if (errors++ == 0)
                {
                    await Console.Error.WriteLineAsync("bench: " + error.Message);
                }

                break;
            }
        }

        return (latencies, errors, events);
    }
}
