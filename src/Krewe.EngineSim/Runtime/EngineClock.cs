using Krewe.Core.Time;

namespace Krewe.EngineSim.Runtime;

/// <summary>The engine's time: stands still while it is halted, so that nothing is made up for afterwards.</summary>
internal sealed class EngineClock(TimeProvider time)
{
    private TimeSpan _stoodStill;
    private Monotonic? _haltedAt;

    public Monotonic Now => (_haltedAt ?? time.GetMonotonic()) - _stoodStill;

    public void Halt() => _haltedAt ??= time.GetMonotonic();

    public void GoOn()
    {
        if (_haltedAt is { } at)
        {
            _stoodStill += time.GetMonotonic() - at;
            _haltedAt = null;
        }
    }
}
