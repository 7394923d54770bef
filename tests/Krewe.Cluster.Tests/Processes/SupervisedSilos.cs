using System.Globalization;
using Krewe.Testing;
using Krewe.Testing.Processes;
using Krewe.Testing.Stores;

namespace Krewe.Cluster.Tests.Processes;

/// <summary>Three silos on ports that stay theirs, started and stopped by a script, as something else than a test supervises them. Shared by the tests of a class.</summary>
public sealed class SupervisedSilos : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-supervised-").FullName;
    private readonly Dictionary<string, (int Client, int Control)> _ports = [];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private ClusterProcesses _rest = null!;

    public static string Script => Path.Combine(BuildOutput.Root, "deploy", "upgrade");

    public static IReadOnlyList<string> Names { get; } = ["s1", "s2", "s3"];

    /// <summary>A file that commands may write to.</summary>
    public string Journal => Path.Combine(_folder, "journal");

    private string Supervisor => Path.Combine(_folder, "supervisor.sh");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Starts what does not run as it should, and waits until the cluster is whole.</summary>
    public async Task MakeWholeAsync()
    {
        _rest ??= await SuperviseAsync();
        var ready = await ReadySilosAsync();
        foreach (var name in Names.Except(ready))
        {
            await WriteOptionsAsync(name, _rest.PoolsFile);
            await using var start = ChildProcess.Start("bash", [Supervisor, "start", name], _rest.Environment);
            await start.ExitAsync(TimeSpan.FromSeconds(10));
        }

        await Eventually.TrueAsync(async () => await ReadyAsync() == 3, TimeSpan.FromSeconds(90), "three silos to be ready");
        await Eventually.TrueAsync(IsWholeAsync, TimeSpan.FromSeconds(60), "deploy/upgrade to find the cluster whole");
        await Eventually.TrueAsync(async () => await ChatAsync() is null, TimeSpan.FromSeconds(60), "a chat");
    }

    /// <summary>The process that runs under a name, or ran last.</summary>
    public int ProcessOf(string name) => int.Parse(File.ReadAllText(Path.Combine(_folder, $"{name}.pid")), CultureInfo.InvariantCulture);

    /// <summary>From its next start on it cannot run.</summary>
    public Task BreakAsync(string name) => WriteOptionsAsync(name, Path.Combine(_folder, "no-such-pools.json"));

    public ChildProcess Upgrade(params IEnumerable<string> options) => ChildProcess.Start(
        Script,
        ["--stop", $"bash {Supervisor} stop {{name}}", "--start", $"bash {Supervisor} start {{name}}", "--hold", "2", .. options, .. Names.Select(name => $"{name}={Control(name)}")],
        _rest.Environment);

    public async Task<int> ReadyAsync() => (await ReadySilosAsync()).Count;

    /// <summary>A chat through the first silo that is ready, as a balancer would choose; null if it was whole.</summary>
    public async Task<string?> ChatAsync()
    {
        foreach (var name in await ReadySilosAsync())
        {
            if (await ClusterSiloProcess.ChatAsync(_http, new Uri($"http://127.0.0.1:{_ports[name].Client}"), ClusterProcesses.Model, tokens: 20) is var wrong && wrong?.Contains("refused", StringComparison.Ordinal) != true)
            {
                return wrong;
            }
        }

        return "no silo is ready";
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        foreach (var name in Names.Where(name => File.Exists(Path.Combine(_folder, $"{name}.pid"))))
        {
            // One that has ended may have left its number to another.
            var commandLine = $"/proc/{ProcessOf(name)}/cmdline";
            if (!File.Exists(commandLine) || !(await File.ReadAllTextAsync(commandLine)).Contains(_folder, StringComparison.Ordinal))
            {
                continue;
            }

            await using var kill = ChildProcess.Start("kill", ["-KILL", ProcessOf(name).ToString(CultureInfo.InvariantCulture)]);
            await kill.ExitAsync(TimeSpan.FromSeconds(10));
        }

        if (_rest is not null)
        {
            await _rest.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task<ClusterProcesses> SuperviseAsync()
    {
        foreach (var name in Names)
        {
            _ports[name] = (FreePort.Take(), FreePort.Take());
        }

        await File.WriteAllTextAsync(Supervisor, $$"""
            folder={{_folder}}
            case $1 in
              start) setsid dotnet {{BuildOutput.Assembly("silo/Krewe.Silo")}} $(cat "$folder/$2.options") >>"$folder/$2.log" 2>&1 </dev/null & echo $! >"$folder/$2.pid" ;;
              stop) kill -TERM "$(cat "$folder/$2.pid")" ;;
            esac
            """);
        return await ClusterProcesses.StartAsync(silos: 0, engines: 2);
    }

    private string Control(string name) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_ports[name].Control}");

    private async Task<bool> IsWholeAsync()
    {
        await using var look = Upgrade("--dry-run");
        return await look.ExitAsync(TimeSpan.FromSeconds(60)) == 0;
    }

    private async Task<IReadOnlyList<string>> ReadySilosAsync()
    {
        var ready = new List<string>();
        foreach (var name in Names)
        {
            try
            {
                using var answer = await _http.GetAsync(new Uri($"http://127.0.0.1:{_ports[name].Client}/readyz"));
                if (answer.IsSuccessStatusCode)
                {
                    ready.Add(name);
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen.
            }
        }

        return ready;
    }

    private Task WriteOptionsAsync(string name, string pools) => File.WriteAllTextAsync(
        Path.Combine(_folder, $"{name}.options"),
        string.Create(CultureInfo.InvariantCulture, $"--client-port {_ports[name].Client} --control-port {_ports[name].Control} --grpc-port 0 --playground none --data {_folder} --pools {pools}"));
}
