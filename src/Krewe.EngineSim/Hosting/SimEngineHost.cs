using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Krewe.Core.Instances;
using Krewe.Core.Randomness;
using Krewe.EngineSim.Faults;
using Krewe.EngineSim.Http;

namespace Krewe.EngineSim.Hosting;

/// <summary>One simulated engine that runs: it serves at <see cref="Url"/>, and fails and comes back on command, at the same port. Safe from any thread.</summary>
public sealed class SimEngineHost : IAsyncDisposable, ISimCommands
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ConcurrentQueue<SimReceivedRequest> _received = new();
    private readonly IRandomSource _random;
    private readonly CancellationTokenSource _disposed = new();
    private volatile EngineLife _life;
    private EngineServer? _server;
    private PortReservation? _reservation;
    private Task _commanded = Task.CompletedTask;

    private SimEngineHost(SimEngineOptions options)
    {
        Options = options;
        _random = options.Random ?? new SeededRandom(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
        _life = new EngineLife(options, Faults, _random, _received);
    }

    public SimEngineOptions Options { get; }

    public string Name => Options.Name;

    public InstanceRole Role => Options.Role;

    /// <summary>Where it serves; the same over restarts.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>Its life: another after each restart.</summary>
    public string Incarnation => _life.Incarnation;

    /// <summary>Whether it listens: not after a crash or a stop, until it is restarted.</summary>
    public bool IsUp => Volatile.Read(ref _server) is not null;

    public SimFaults Faults { get; } = new();

    public SimEngineState State => _life.ReadState();

    /// <summary>The last generation requests, oldest first, where the options keep them.</summary>
    public IReadOnlyCollection<SimReceivedRequest> Received => _received;

    internal EngineLife Life => _life;

    /// <summary>Told to stop or resume heartbeats by <c>/sim/fault</c>.</summary>
    internal Action<bool>? HeartbeatsPaused { get; set; }

    /// <summary>Starts an engine; it serves when this returns.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="IOException">The port is in use.</exception>
    public static async Task<SimEngineHost> StartAsync(SimEngineOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        var host = new SimEngineHost(options);
        try
        {
            await host.ListenAsync(options.Port, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await host.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return host;
    }

    /// <summary>Attempts by their <c>X-Request-Id</c>: how often this incarnation was sent it.</summary>
    public int DispatchesOf(string attempt) => _life.Attempts.CountOf(attempt);

    /// <summary>Stops in good order: no new connections, running requests end, until the token is cancelled.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => InTurnAsync(() => EndAsync(cancellationToken));

    /// <summary>Ends this incarnation as <c>kill -9</c> does: connections drop, new ones are refused, its state is gone.</summary>
    public Task CrashAsync() => InTurnAsync(() => EndAsync(new CancellationToken(canceled: true)));

    /// <summary>Comes back at the same port as a new incarnation, without faults; one that is up crashes first.</summary>
    public Task RestartAsync(CancellationToken cancellationToken = default) => InTurnAsync(async () =>
    {
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        await EndAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        _life.Dispose();
        Faults.Clear();
        _life = new EngineLife(Options, Faults, _random, _received);
        _reservation?.Dispose();
        _reservation = null;
        await ListenAsync(Url.Port, cancellationToken).ConfigureAwait(false);
    });

    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync().ConfigureAwait(false);
        await CrashAsync().ConfigureAwait(false);
        await Volatile.Read(ref _commanded).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _reservation?.Dispose();
        _life.Dispose();
    }

    void ISimCommands.RequestCrash(TimeSpan? restartAfter, CancellationToken answered) => Volatile.Write(ref _commanded, CrashOnCommandAsync(restartAfter, answered));

    bool ISimCommands.RequestExit()
    {
        if (!Options.MayExitProcess)
        {
            return false;
        }

        // As kill -9 does: nothing is flushed, nothing is told.
        System.Diagnostics.Process.GetCurrentProcess().Kill();
        return true;
    }

    void ISimCommands.PauseHeartbeats(bool pause) => HeartbeatsPaused?.Invoke(pause);

    private async Task CrashOnCommandAsync(TimeSpan? restartAfter, CancellationToken answered)
    {
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (answered.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), sent))
        {
            await sent.Task.WaitAsync(_disposed.Token).ConfigureAwait(false);
        }

        await CrashAsync().ConfigureAwait(false);
        if (restartAfter is { } delay)
        {
            await Task.Delay(delay, Options.Time, _disposed.Token).ConfigureAwait(false);
            await RestartAsync(_disposed.Token).ConfigureAwait(false);
        }
    }

    private async Task InTurnAsync(Func<Task> turn)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await turn().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task ListenAsync(int port, CancellationToken cancellationToken)
    {
        var server = new EngineServer(_life, port, this);
        try
        {
            var bound = await server.StartAsync(cancellationToken).ConfigureAwait(false);
            var host = IPAddress.Any.Equals(Options.Bind) ? IPAddress.Loopback : Options.Bind;
            Url = new UriBuilder("http", host.ToString(), bound).Uri;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        Volatile.Write(ref _server, server);
    }

    private async Task EndAsync(CancellationToken grace)
    {
        if (Interlocked.Exchange(ref _server, null) is { } server)
        {
            await server.StopAsync(grace).ConfigureAwait(false);
            await server.DisposeAsync().ConfigureAwait(false);
            _reservation = _disposed.IsCancellationRequested ? null : PortReservation.TryTake(Options.Bind, Url.Port);
        }
    }
}
