using Krewe.Core.Time;
using Krewe.EngineSim.Faults;
using Krewe.EngineSim.Hosting;

namespace Krewe.EngineSim.Agent;

/// <summary>
/// The sidecar of a simulated engine: registers it, sends its heartbeats, registers anew when told to or when the engine
/// is a new incarnation, and takes it out at the end. It outlives a crash of its engine, as a real sidecar may.
/// </summary>
public sealed class SimAgent : IAsyncDisposable
{
    private static readonly TimeSpan DefaultHeartbeat = TimeSpan.FromMilliseconds(500);

    private readonly SimEngineHost _engine;
    private readonly SimAgentOptions _options;
    private readonly ControlClient _client;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;
    private volatile bool _isPaused;
    private volatile SimAgentStatus _status;
    private Monotonic _engineSeenAt;
    private string? _refusal;

    private SimAgent(SimEngineHost engine, SimAgentOptions options)
    {
        _engine = engine;
        _options = options;
        _client = new ControlClient(engine, options);
        _engineSeenAt = options.Time.GetMonotonic();
        engine.HeartbeatsPaused = paused => _isPaused = paused;
        _work = WorkAsync(_stop.Token);
    }

    public SimAgentStatus Status => _status;

    /// <summary>The silo's last refusal, in its words.</summary>
    public string? Refusal => Volatile.Read(ref _refusal);

    /// <summary>The epoch that the last registration was given.</summary>
    public long Epoch => _client.Epoch;

    /// <summary>Sends no heartbeats while true; the engine serves on.</summary>
    public bool IsPaused
    {
        get => _isPaused;
        set => _isPaused = value;
    }

    /// <summary>Starts to register; does not wait for it.</summary>
    public static SimAgent Start(SimEngineHost engine, SimAgentOptions options)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(options);
        return new SimAgent(engine, options);
    }

    /// <summary>Stops, and takes the instance out.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await EndWorkAsync().ConfigureAwait(false);
        if (_status is SimAgentStatus.Registered)
        {
            await _client.DeleteAsync(cancellationToken).ConfigureAwait(false);
        }

        _status = SimAgentStatus.Stopped;
    }

    /// <summary>Stops without a word, as a process that is killed.</summary>
    public Task KillAsync() => EndWorkAsync();

    public async ValueTask DisposeAsync()
    {
        await EndWorkAsync().ConfigureAwait(false);
        _client.Dispose();
    }

    private async Task EndWorkAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task WorkAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested && _status is SimAgentStatus.Registering or SimAgentStatus.Registered)
        {
            var pause = _isPaused ? DefaultHeartbeat : await TurnAsync(stop).ConfigureAwait(false);
            await Task.Delay(pause, _options.Time, stop).ConfigureAwait(false);
        }
    }

    /// <returns>How long to wait for the next turn.</returns>
    private async Task<TimeSpan> TurnAsync(CancellationToken stop)
    {
        // As if /health had been asked: an answer of any status is one.
        if (_engine.IsUp && !_engine.Faults.IsFrozen && _engine.Faults.Health != SimHealth.Hangs)
        {
            _engineSeenAt = _options.Time.GetMonotonic();
        }

        ControlAnswer answer;
        if (_status == SimAgentStatus.Registering || _client.Incarnation != _engine.Incarnation)
        {
            if (!_engine.IsUp)
            {
                return DefaultHeartbeat;
            }

            _status = SimAgentStatus.Registering;
            answer = await _client.RegisterAsync(stop).ConfigureAwait(false);
        }
        else
        {
            answer = await _client.HeartbeatAsync(_options.Time.GetMonotonic() - _engineSeenAt, stop).ConfigureAwait(false);
        }

        Volatile.Write(ref _refusal, answer.Message);
        _status = answer.Outcome switch
        {
            ControlOutcome.Accepted => SimAgentStatus.Registered,
            ControlOutcome.Drained => SimAgentStatus.Drained,
            ControlOutcome.StaleIncarnation => SimAgentStatus.Superseded,
            ControlOutcome.Refused => SimAgentStatus.Refused,
            ControlOutcome.UnknownInstance or ControlOutcome.NameInUse => SimAgentStatus.Registering,
            _ => _status,
        };
        return answer.Outcome switch
        {
            ControlOutcome.Accepted => _client.HeartbeatPeriod,
            ControlOutcome.UnknownInstance => TimeSpan.Zero,
            ControlOutcome.NameInUse => answer.RetryAfter ?? TimeSpan.FromSeconds(1),
            _ => _options.RetryPause,
        };
    }
}
