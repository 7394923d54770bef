namespace Krewe.EngineSim.Faults;

/// <summary>The faults of one instance, on command. They outlast a restart only where the engine's process would keep them: none does. Safe from any thread.</summary>
public sealed class SimFaults
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _frozen;
    private Rejection? _rejection;
    private int _rejectionsLeft;
    private StreamFault? _streamFault;
    private int _streamFaultsLeft;
    private volatile SimHealth _health;
    private volatile bool _isStuck;
    private volatile bool _refusesTransfers;
    private double _slowness = 1;

    /// <summary>Called after a change that the engine has to know of.</summary>
    internal Action? Changed { get; set; }

    public bool IsFrozen => Volatile.Read(ref _frozen) is not null;

    /// <summary>Whether the engine makes no tokens.</summary>
    public bool IsHalted => _isStuck || IsFrozen;

    public double Slowness => Volatile.Read(ref _slowness);

    public SimHealth Health => _health;

    public bool RefusesTransfers => _refusesTransfers;

    /// <summary>Answers nothing from now on, as a stopped process: connections are taken and stay, no byte is sent.</summary>
    public void Freeze()
    {
        lock (_gate)
        {
            _frozen ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        Changed?.Invoke();
    }

    /// <summary>Goes on where <see cref="Freeze"/> stopped it.</summary>
    public void Thaw()
    {
        TaskCompletionSource? frozen;
        lock (_gate)
        {
            frozen = _frozen;
            _frozen = null;
        }

        Changed?.Invoke();
        frozen?.TrySetResult();
    }

    /// <summary>Multiplies every time of the engine; 1 = as configured.</summary>
    public void Slow(double factor)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(factor);
        Volatile.Write(ref _slowness, factor);
        Changed?.Invoke();
    }

    /// <summary>Makes no token from now on, while everything else answers: a health check that lies.</summary>
    public void Stick(bool stuck = true)
    {
        _isStuck = stuck;
        Changed?.Invoke();
    }

    /// <summary>Sets what health checks see.</summary>
    public void SetHealth(SimHealth health) => _health = health;

    /// <summary>Refuses to hand KV to decode instances, as a broken transfer link.</summary>
    public void RefuseTransfers(bool refuse = true) => _refusesTransfers = refuse;

    /// <summary>Refuses generation requests with a status: the next so many, or all (null).</summary>
    public void Reject(int status, int? count = null, int? retryAfterSeconds = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 400);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 599);
        lock (_gate)
        {
            _rejection = new Rejection(status, retryAfterSeconds);
            _rejectionsLeft = count ?? int.MaxValue;
        }
    }

    /// <summary>Breaks answers after so many tokens: the next so many requests, or all (null). For a whole answer, before it is sent.</summary>
    public void Cut(int afterTokens, SimCut how, int? count = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(afterTokens);
        lock (_gate)
        {
            _streamFault = new StreamFault(afterTokens, how);
            _streamFaultsLeft = count ?? int.MaxValue;
        }
    }

    /// <summary>Takes every fault away.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _rejection = null;
            _streamFault = null;
        }

        _health = SimHealth.Ok;
        _isStuck = false;
        _refusesTransfers = false;
        Volatile.Write(ref _slowness, 1);
        Thaw();
    }

    internal Task WhileFrozenAsync(CancellationToken cancellationToken) =>
        Volatile.Read(ref _frozen) is { } frozen ? frozen.Task.WaitAsync(cancellationToken) : Task.CompletedTask;

    internal Rejection? TakeRejection() => Volatile.Read(ref _rejection) is null ? null : Take(ref _rejection, ref _rejectionsLeft);

    internal StreamFault? TakeStreamFault() => Volatile.Read(ref _streamFault) is null ? null : Take(ref _streamFault, ref _streamFaultsLeft);

    private T? Take<T>(ref T? fault, ref int left)
        where T : class
    {
        lock (_gate)
        {
            var taken = left > 0 ? fault : null;
            if (left != int.MaxValue && --left <= 0)
            {
                fault = null;
            }

            return taken;
        }
    }
}
