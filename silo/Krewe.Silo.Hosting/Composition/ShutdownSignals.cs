using System.Runtime.InteropServices;
using Krewe.Gateway.Lifecycle;

namespace Krewe.Silo.Hosting.Composition;

/// <summary>The first SIGTERM or SIGINT begins the drain; a SIGINT, or a second signal, skips its waiting.</summary>
internal sealed class ShutdownSignals : IDisposable
{
    private readonly SiloLifetime _lifetime;
    private readonly CancellationTokenSource _hurry = new();
    private readonly PosixSignalRegistration[] _registrations;

    public ShutdownSignals(SiloLifetime lifetime)
    {
        _lifetime = lifetime;
        _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal), PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal)];
    }

    /// <summary>Cancelled when somebody sits at the terminal and does not want to wait.</summary>
    public CancellationToken Hurry => _hurry.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _hurry.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_lifetime.IsDraining || context.Signal == PosixSignal.SIGINT)
        {
            _hurry.Cancel();
        }

        _lifetime.BeginDrain();
    }
}
