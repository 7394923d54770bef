using System.Globalization;
using Krewe.Testing.Processes;

namespace Krewe.Bench.Drill.Cluster.Rig;

/// <summary>
/// Two networks of the drill's own, each a bridge of the kernel: one on which silos talk to each other, and one on which they
/// reach clients, engines and stores. Each silo is in a network namespace of its own, with an interface on each, and can be
/// cut off from either: its packets are dropped, and nobody is told. What is left of it goes with the silo's process.
/// </summary>
internal sealed class SiloNetwork : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly string _tag = Environment.ProcessId.ToString("x", CultureInfo.InvariantCulture);

    private SiloNetwork()
    {
    }

    /// <summary>Where clients, engines and stores are for the silos.</summary>
    public const string Outside = "10.77.0.1";

    private string Service => $"ks{_tag}";

    private string Between => $"kb{_tag}";

    /// <summary>Why there can be none on this machine; null if there can.</summary>
    public static async Task<string?> MissingAsync()
    {
        if (!File.Exists("/usr/sbin/ip") && !File.Exists("/sbin/ip") && !File.Exists("/bin/ip"))
        {
            return "network namespaces need 'ip' (Debian: iproute2)";
        }

        try
        {
            await RunAsync("unshare", "--net", "true");
            await RunAsync("ip", "link", "add", "krewe-probe", "type", "bridge");
            await RunAsync("ip", "link", "del", "krewe-probe");
            return null;
        }
        catch (Exception error) when (error is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return $"this machine permits no network namespaces: {error.Message.ReplaceLineEndings(" ")}";
        }
    }

    public static async Task<SiloNetwork> StartAsync()
    {
        var network = new SiloNetwork();
        try
        {
            foreach (var bridge in new[] { network.Service, network.Between })
            {
                await RunAsync("ip", "link", "add", bridge, "type", "bridge");
                await RunAsync("ip", "link", "set", bridge, "up");
            }

            await RunAsync("ip", "address", "add", $"{Outside}/24", "dev", network.Service);
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a silo in a namespace of its own.</summary>
    /// <param name="number">Its place on the networks: 1 to 200.</param>
    /// <param name="assembly">What it runs.</param>
    /// <param name="arguments">Of the silo.</param>
    /// <param name="environment">Of the silo, beside the drill's own.</param>
    public async Task<ChildProcess> StartAsync(int number, string assembly, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        // Namespaces are entered before the program starts; it waits there until its interfaces have come.
        const string Script = """
            until ip link show silo0 >/dev/null 2>&1 && ip link show silo1 >/dev/null 2>&1; do sleep 0.02; done
            ip link set lo up
            ip address add "$1/24" dev silo0 && ip link set silo0 up
            ip address add "$2/24" dev silo1 && ip link set silo1 up
            shift 2
            exec dotnet "$@"
            """;
        var process = ChildProcess.Start(
            "unshare",
            ["--net", "sh", "-c", Script, "silo", ServiceAddress(number), BetweenAddress(number), assembly, .. arguments],
            environment);
        var id = process.Id.ToString(CultureInfo.InvariantCulture);

        // Until unshare has run, the process is still in the namespace of its parent: there the names would collide.
        while (!process.HasExited && Namespace("self") == Namespace(id))
        {
            await Task.Delay(10);
        }

        await RunAsync("ip", "link", "add", ServicePort(number), "master", Service, "type", "veth", "peer", "name", "silo0", "netns", id);
        await RunAsync("ip", "link", "add", BetweenPort(number), "master", Between, "type", "veth", "peer", "name", "silo1", "netns", id);
        await RunAsync("ip", "link", "set", ServicePort(number), "up");
        await RunAsync("ip", "link", "set", BetweenPort(number), "up");
        return process;
    }

    public static string ServiceAddress(int number) => $"10.77.0.{10 + number}";

    public static string BetweenAddress(int number) => $"10.78.0.{10 + number}";

    /// <summary>Silos no longer reach this one, nor it them; clients, engines and stores do.</summary>
    public Task CutFromSilosAsync(int number) => RunAsync("ip", "link", "set", BetweenPort(number), "nomaster");

    /// <summary>They reach each other again.</summary>
    public Task HealAsync(int number) => RunAsync("ip", "link", "set", BetweenPort(number), "master", Between);

    public async ValueTask DisposeAsync()
    {
        foreach (var bridge in new[] { Service, Between })
        {
            try
            {
                await RunAsync("ip", "link", "del", bridge);
            }
            catch (InvalidOperationException)
            {
                // It was not made.
            }
        }
    }

    private static string Namespace(string process)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/{process}/ns/net", returnFinalTarget: false)?.Name ?? "";
        }
        catch (IOException)
        {
            return "";
        }
    }

    private string ServicePort(int number) => string.Create(CultureInfo.InvariantCulture, $"ks{_tag}p{number}");

    private string BetweenPort(int number) => string.Create(CultureInfo.InvariantCulture, $"kb{_tag}p{number}");

    private static async Task RunAsync(string program, params string[] arguments)
    {
        await using var process = ChildProcess.Start(program, arguments);
        if (await process.ExitAsync(Limit) != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {process.Output}");
        }
    }
}
