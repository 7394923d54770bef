using System.Globalization;
using Krewe.Bench.Drill.Rig;
using Krewe.Testing.Processes;
using Krewe.Testing.Stores;

namespace Krewe.Bench.Drill.Sdk;

/// <summary>A silo's place: its ports and its data stay, whatever process holds them.</summary>
internal sealed class SiloSlot(string assembly, IReadOnlyDictionary<string, string> environment) : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly string _data = Directory.CreateTempSubdirectory("krewe-sdk-drill-").FullName;
    private readonly int _clientPort = FreePort.Take();
    private readonly int _controlPort = FreePort.Take();
    private ChildProcess? _process;

    public Uri Client => new($"http://127.0.0.1:{_clientPort}");

    public ControlPort Control { get; private set; } = null!;

    public bool IsUp { get; private set; }

    /// <summary>What its lives wrote.</summary>
    public string Output { get; private set; } = "";

    public async Task StartAsync()
    {
        _process = ChildProcess.StartDotnet(
            assembly,
            ["--client-port", Text(_clientPort), "--control-port", Text(_controlPort), "--grpc-port", "0", "--playground", "none", "--data", _data],
            environment);
        await _process.UrlAsync("Krewe is ready: ", StartLimit);
        Control ??= new ControlPort(new Uri($"http://127.0.0.1:{_controlPort}"));
        IsUp = true;
    }

    /// <summary>Ends its process: at once, or in order.</summary>
    public async Task EndAsync(int signal)
    {
        IsUp = false;
        _process!.Signal(signal);
        await _process.ExitAsync(TimeSpan.FromSeconds(30));
        Output += _process.Output;
        await _process.DisposeAsync();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        Control?.Dispose();
        if (_process is { } process)
        {
            Output += process.Output;
            await process.DisposeAsync();
        }

        Directory.Delete(_data, recursive: true);
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
