using System.Globalization;
using Krewe.Testing.Processes;
using Krewe.Testing.Tls;

namespace Krewe.Testing.Stores;

/// <summary>A real PostgreSQL of a test's own: on loopback, with a data folder of its own, gone with the test.</summary>
/// <remarks>It refuses to run as root: a test that does runs it as the user <c>postgres</c>, which its package makes.</remarks>
public sealed class PostgreSqlServer : IAsyncDisposable
{
    private const string User = "krewe";

    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-postgresql-").FullName;
    private ChildProcess _process = null!;

    private PostgreSqlServer(int port, string? address)
    {
        Port = port;
        Address = address ?? "127.0.0.1";
    }

    /// <summary>Why there is none on this machine; null if there is.</summary>
    public static string? Missing =>
        InstalledProgram.Find("postgres") is null || InstalledProgram.Find("initdb") is null ? "PostgreSQL is not installed (Debian: postgresql)"
        : Environment.IsPrivilegedProcess && InstalledProgram.Find("setpriv") is null ? "PostgreSQL does not run as root, and setpriv is not installed (Debian: util-linux)"
        : null;

    public int Port { get; }

    /// <summary>Where it is reached.</summary>
    public string Address { get; }

    public ChildProcess Process => _process;

    /// <summary>How to connect to its database.</summary>
    public string Connection(string database = "postgres") =>
        string.Create(CultureInfo.InvariantCulture, $"Host={Address};Port={Port};Username={User};Database={database};Timeout=5;Command Timeout=5");

    /// <param name="address">Where it is reached, from its network too; null: at the loopback address only.</param>
    /// <param name="tls">Whose certificate it shows, and nothing in clear; null: it speaks in clear.</param>
    public static async Task<PostgreSqlServer> StartAsync(string? address = null, Certificates? tls = null)
    {
        var server = new PostgreSqlServer(FreePort.Take(), address);
        if (Environment.IsPrivilegedProcess)
        {
            await RunToEndAsync("chown", "postgres", server._folder);
        }

        var (program, arguments) = AsUser("initdb", "-D", server._folder, "-U", User, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync");
        await RunToEndAsync(program, arguments);
        if (address is not null)
        {
            await File.AppendAllTextAsync(Path.Combine(server._folder, "pg_hba.conf"), $"host all all {address}/24 trust\n");
        }

        if (tls is not null)
        {
            await server.UseTlsAsync(tls);
        }

        await server.RunAsync();
        return server;
    }

    private async Task UseTlsAsync(Certificates certificates)
    {
        var (certificate, key) = certificates.Issue("postgresql", "127.0.0.1");
        var (mine, secret) = (Path.Combine(_folder, "server.crt"), Path.Combine(_folder, "server.key"));
        File.Copy(certificate, mine);
        File.Copy(key, secret);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        if (Environment.IsPrivilegedProcess)
        {
            await RunToEndAsync("chown", "postgres", mine, secret);
        }

        await File.AppendAllTextAsync(Path.Combine(_folder, "postgresql.conf"), "ssl = on\n");
        await File.WriteAllTextAsync(Path.Combine(_folder, "pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\n");
    }

    /// <summary>Starts it again, after it was ended, on the same port and data.</summary>
    public async Task RunAsync()
    {
        var (program, arguments) = AsUser(
            "postgres",
            "-D", _folder, "-h", Address, "-p", Port.ToString(CultureInfo.InvariantCulture),
            "-c", "unix_socket_directories=", "-c", "max_connections=200", "-c", "shared_buffers=16MB");
        _process = ChildProcess.Start(program, arguments);
        try
        {
            await _process.LineAsync("database system is ready to accept connections", TimeSpan.FromSeconds(60));
        }
        catch
        {
            await _process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it at once; its data stays.</summary>
    public async Task KillAsync()
    {
        // Immediate shutdown: without a checkpoint, but with its helper processes.
        _process.Signal(3);
        await _process.ExitAsync(TimeSpan.FromSeconds(30));
        await _process.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static (string Program, string[] Arguments) AsUser(string name, params string[] arguments)
    {
        var program = InstalledProgram.Find(name)!;
        return Environment.IsPrivilegedProcess
            ? (InstalledProgram.Find("setpriv")!, ["--reuid", "postgres", "--regid", "postgres", "--clear-groups", program, .. arguments])
            : (program, arguments);
    }

    private static async Task RunToEndAsync(string program, params string[] arguments)
    {
        await using var process = ChildProcess.Start(program, arguments);
        if (await process.ExitAsync(TimeSpan.FromMinutes(1)) != 0)
        {
            throw new InvalidOperationException($"{program} failed: {process.Output}");
        }
    }
}
