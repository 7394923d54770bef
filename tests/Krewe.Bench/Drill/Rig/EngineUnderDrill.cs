using System.Net.Http.Json;
using System.Text.Json;
using Krewe.EngineSim.Hosting;
using Krewe.Testing.Processes;

namespace Krewe.Bench.Drill.Rig;

/// <summary>An engine simulator's process: started, hurt and started again under its name.</summary>
/// <param name="spec">What it is.</param>
/// <param name="control">Where it registers; null: it does not, its pool declares it.</param>
internal sealed class EngineUnderDrill(EngineSpec spec, Uri? control) : IAsyncDisposable
{
    /// <summary>Short enough for a lease that nobody reads to be over, twice, before the gauges are looked at.</summary>
    private const string LeaseMs = "2000";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly JsonSerializerOptions CamelCase = new(JsonSerializerDefaults.Web);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private ChildProcess? _process;

    public EngineSpec Spec { get; } = spec;

    public string Name => Spec.Name;

    public string Pool => Spec.Pool;

    public Uri Url { get; private set; } = null!;

    public ChildProcess Process => _process ?? throw new InvalidOperationException($"{Name} was never started.");

    private IEnumerable<string> Registration => control is null ? [] : ["--register", control.ToString()];

    public bool IsUp => _process is { HasExited: false };

    /// <summary>Starts it; what ran before under its name is over.</summary>
    public async Task StartAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _process = ChildProcess.StartDotnet(
            BuildOutput.Assembly("src/Krewe.EngineSim"),
            ["--name", Name, "--role", Spec.Role, "--pool", Pool, "--model", Pool, .. Registration, "--kv-lease-ms", LeaseMs, .. Spec.Pace, .. Spec.Options]);
        Url = await _process.UrlAsync("is ready: ", StartLimit);
    }

    /// <summary>A fault on command; see the simulator's <c>/sim/fault</c>.</summary>
    public async Task FaultAsync(object fault)
    {
        using var answer = await _http.PostAsJsonAsync(new Uri(Url, "/sim/fault"), fault);
        answer.EnsureSuccessStatusCode();
    }

    public async Task<SimEngineState> StateAsync() =>
        (await _http.GetFromJsonAsync<SimEngineState>(new Uri(Url, "/sim/state"), CamelCase))!;

    public async Task KillAsync()
    {
        Process.Signal(Signals.Kill);
        await Process.ExitAsync(TimeSpan.FromSeconds(10));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }
}
