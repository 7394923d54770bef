using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Krewe.Testing.Processes;
using Krewe.Testing.Tls;

namespace Krewe.Testing.Stores;

/// <summary>A real Redis of a test's own: on loopback, with a folder of its own, gone with the test.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-redis-").FullName;
    private readonly bool _keeps;
    private readonly string _addresses;
    private readonly (string Certificate, string Key)? _tls;
    private ChildProcess _process = null!;

    private RedisServer(int port, bool keeps, string? address, Certificates? tls)
    {
        Port = port;
        Address = address ?? "127.0.0.1";
        _keeps = keeps;
        _tls = tls?.Issue("redis", "127.0.0.1");
        _addresses = address is null ? "127.0.0.1" : $"127.0.0.1 {address}";
    }

    /// <summary>Why there is none on this machine; null if there is.</summary>
    public static string? Missing => InstalledProgram.Find("redis-server") is null ? "redis-server is not installed (Debian: redis-server)" : null;

    public int Port { get; }

    /// <summary>Where it is reached.</summary>
    public string Address { get; }

    public string Connection => string.Create(CultureInfo.InvariantCulture, $"{Address}:{Port}");

    public ChildProcess Process => _process;

    /// <param name="keeps">Whether its data outlives a restart.</param>
    /// <param name="address">Where it is reached, beside the loopback address; null: only there.</param>
    /// <param name="tls">Whose certificate it shows, and nothing in clear; null: it speaks in clear.</param>
    public static async Task<RedisServer> StartAsync(bool keeps = true, string? address = null, Certificates? tls = null)
    {
        var server = new RedisServer(FreePort.Take(), keeps, address, tls);
        await server.RunAsync();
        return server;
    }

    /// <summary>Starts it again, after it was ended, on the same port.</summary>
    public async Task RunAsync()
    {
        _process = ChildProcess.Start(
            InstalledProgram.Find("redis-server")!,
            [
                .. Listening(), "--bind", .. _addresses.Split(' '), "--protected-mode", "no", "--dir", _folder, "--save", "",
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

    private string[] Listening()
    {
        var port = Port.ToString(CultureInfo.InvariantCulture);
        return _tls is not var (certificate, key) ? ["--port", port]
            : ["--port", "0", "--tls-port", port, "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no"];
    }

    /// <summary>Its answer to one command, as it is on the wire.</summary>
    /// <exception cref="IOException">It does not answer.</exception>
    /// <exception cref="SocketException">It takes no connection.</exception>
    public async Task<string> AskAsync(string command)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, Port, limit.Token);
            await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes($"{command}\r\nQUIT\r\n"), limit.Token);
            using var answer = new StreamReader(client.GetStream());
            return await answer.ReadToEndAsync(limit.Token);
        }
        catch (OperationCanceledException error)
        {
            throw new IOException("Redis does not answer.", error);
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
