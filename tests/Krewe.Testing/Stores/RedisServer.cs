using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Krewe.Testing.Processes;

namespace Krewe.Testing.Stores;

/// <summary>A real Redis of a test's own: on loopback, with a folder of its own, gone with the test.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-redis-").FullName;
    private readonly bool _keeps;
    private ChildProcess _process = null!;

    private RedisServer(int port, bool keeps)
    {
        Port = port;
        _keeps = keeps;
    }

    /// <summary>Why there is none on this machine; null if there is.</summary>
    public static string? Missing => InstalledProgram.Find("redis-server") is null ? "redis-server is not installed (Debian: redis-server)" : null;

    public int Port { get; }

    public string Connection => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    public ChildProcess Process => _process;

    /// <param name="keeps">Whether its data outlives a restart.</param>
    public static async Task<RedisServer> StartAsync(bool keeps = true)
    {
        var server = new RedisServer(FreePort.Take(), keeps);
        await server.RunAsync();
        return server;
    }

    /// <summary>Starts it again, after it was ended, on the same port.</summary>
    public async Task RunAsync()
    {
        _process = ChildProcess.Start(
            InstalledProgram.Find("redis-server")!,
            [
                "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", _folder, "--save", "",
                "--appendonly", _keeps ? "yes" : "no", "--appendfsync", "always", "--daemonize", "no",
            ]);
        try
        {
            await _process.LineAsync("Ready to accept connections", TimeSpan.FromSeconds(30));
            using var probe = new TcpClient();
            await probe.ConnectAsync(IPAddress.Loopback, Port);
        }
        catch
        {
            await _process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it at once.</summary>
    public async Task KillAsync() => await _process.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
