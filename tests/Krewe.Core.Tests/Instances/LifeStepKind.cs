namespace Krewe.Core.Tests.Instances;

internal enum LifeStepKind
{
    /// <summary>Time passes, with every tick on time.</summary>
    Pass,

    /// <summary>Time passes, and each probe finds the engine well.</summary>
    PassAlive,

    /// <summary>Time passes, with one late tick.</summary>
    SleepAndTick,

    /// <summary>Time passes without a tick.</summary>
    Sleep,
    Register,
    Heartbeat,
    Delete,
    Cordon,
    Uncordon,
    Drain,
    ProbeFinished,
    ConnectionFailed,
    TokensSeen,
    AttemptFinished,
    ReservationsEmptied,
    ClockLate,

    /// <summary>The pool freezes or thaws.</summary>
    Freeze,

    /// <summary>The actor dies and another reads its record.</summary>
    Restore,
}
